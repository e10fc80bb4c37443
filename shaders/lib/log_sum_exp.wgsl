// log_sum_exp: log(sum of exp(d)) = log1p(sum of exp(d) - 1) for differences d <= 0 from a maximum
//
// The maximum's own term is 1; taken out of the sum, what is close to 0 beside it keeps its digits.

//@use index
//@use lane

// exp(0) is exactly 1 here and NaN stays, which not every driver's exp says.
fn exp_below(d: T) -> T {
    let nan = (bitcast<I>(d) & I(0x7fffffff)) > I(0x7f800000);
    return select(select(exp(d), T(1.0), d == T()), d, nan);
}

// log(1 + x). WGSL promises log near 1 to 2^-21 only: there 2 artanh(x / (2 + x)), whose series is exact to an ulp.
fn log1p(x: T) -> T {
    let s = x / (T(2.0) + x);
    let q = s * s;
    let near = 2.0 * s * (1.0 + q * (0.33333334 + q * (0.2 + q * (0.14285715 + q * 0.11111111))));
    return select(log_from_zero(T(1.0) + x), near, abs(x) < T(0.35));
}

// WGSL leaves the logarithm of 0 open; this is exp's least argument, and more. Of NaN and below 0 it is NaN, by its bits.
fn log_from_zero(x: T) -> T {
    let bits = bitcast<I>(x);
    let real = select(log(x), bitcast<T>(bits | I(0x7fc00000)), (bits < I()) | (bits > I(0x7f800000)));
    return select(real, T(LOWEST), (bits & I(0x7fffffff)) == I());
}
