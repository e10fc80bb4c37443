// moments: number, mean and sum of squared distances from the mean, of stretches joined in a fixed order
//
// Chan, Golub & LeVeque (1983): joining keeps the digits that E[x²] - E[x]² loses where the mean is large.

struct Moments {
    count: f32,
    mean: f32,
    squares: f32, // sum of (x - mean)²
}

fn join(a: Moments, b: Moments) -> Moments {
    let count = a.count + b.count;
    let apart = b.mean - a.mean;
    let share = b.count / count;
    return Moments(count, a.mean + apart * share, a.squares + b.squares + apart * apart * (a.count * share));
}
