// operate: functions of two numbers by their code, four at a time
//
// The code is a knob, so the driver drops all other cases; kernels/binary.rs names them. V is vec4<f32> or vec4<i32>,
// Y is V, or vec4<f32> for truth values, which are 0 or 1. NaN wins min and max of floats.

alias V = vec4<f32>; //@set
alias Y = vec4<f32>; //@set

fn operate(code: u32, a: V, b: V, nan: u32) -> Y {
    switch code {
        case 1u: { return Y(a - b); }
        case 2u: { return Y(a * b); }
        case 3u: { return Y(a / b); }
        case 4u: { return Y(power(vec4<f32>(a), vec4<f32>(b), bitcast<f32>(nan))); }
        case 5u: { return Y(min(a, b)); } // of integers
        case 6u: { return Y(max(a, b)); }
        case 7u: { return Y(select(a, b, (b < a) | not_a_number(b))); }
        case 8u: { return Y(select(a, b, (b > a) | not_a_number(b))); }
        case 9u: { return truth(a == b); }
        case 10u: { return truth(!(a == b)); } // NaN differs from all
        case 11u: { return truth(a < b); }
        case 12u: { return truth(a <= b); }
        case 13u: { return truth(a > b); }
        case 14u: { return truth(a >= b); }
        case 15u: { return truth((a != V()) & (b != V())); }
        case 16u: { return truth((a != V()) | (b != V())); }
        case 17u: { return truth((a != V()) != (b != V())); }
        case 18u: { return Y(select(b * a, a, a > V())); } // prelu of a with slope b
        case 19u: { return Y(select(a * b, V(), a > V())); } // its slope's gradient for x = a, dy = b
        default: { return Y(a + b); }
    }
}

fn truth(is: vec4<bool>) -> Y {
    return Y(select(vec4<f32>(), vec4<f32>(1.0), is));
}

// By its bits: compilers may take x != x for false.
fn not_a_number(x: V) -> vec4<bool> {
    return (bitcast<vec4<u32>>(x) & vec4<u32>(0x7fffffffu)) > vec4<u32>(0x7f800000u);
}

// WGSL's pow knows no negative bases, and drivers differ about log2(0). Below 0 only whole powers exist, and odd ones
// keep the sign.
fn power(a: vec4<f32>, b: vec4<f32>, nan: f32) -> vec4<f32> {
    let size = exp2(b * log2(abs(a)));
    let whole = floor(b) == b;
    let odd = whole & (floor(b * 0.5) * 2.0 != b);
    let below = select(vec4<f32>(nan), select(size, -size, odd), whole);
    let pole = select(1.0 / abs(a), 1.0 / a, odd);
    let nothing = select(vec4<f32>(), pole, b < vec4<f32>());
    let some = select(select(size, below, a < vec4<f32>()), nothing, a == vec4<f32>());
    return select(some, vec4<f32>(1.0), (b == vec4<f32>()) | (a == vec4<f32>(1.0)));
}
