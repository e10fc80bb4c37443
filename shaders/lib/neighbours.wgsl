// neighbours: four numbers in a row from any place among eight

// Those from `off` on, which is at most 4. With a literal the choice is made when the driver compiles.
fn neighbours(near: vec4<f32>, next: vec4<f32>, off: u32) -> vec4<f32> {
    if off == 0u { return near; }
    if off == 1u { return vec4<f32>(near.yzw, next.x); }
    if off == 2u { return vec4<f32>(near.zw, next.xy); }
    if off == 3u { return vec4<f32>(near.w, next.xyz); }
    return next;
}
