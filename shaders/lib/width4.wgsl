// width4: an element of a kernel that is written once for numbers and for vec4s; width1 is its twin
//
// `across` adds up the numbers of an element, `narrow` makes one of a vec4, `first` is one that is never padding, `inside` says which of them lie
// below `end` when the first of them has number `at`.

alias Element = vec4<f32>;
alias Truth = vec4<bool>;
const WIDTH: u32 = 4u;

fn across(v: Element) -> f32 { return (v.x + v.y) + (v.z + v.w); }
fn narrow(v: vec4<f32>) -> Element { return v; }
fn first(v: Element) -> f32 { return v.x; }
fn inside(at: u32, end: u32) -> Truth { return vec4<u32>(at, at + 1u, at + 2u, at + 3u) < vec4<u32>(end); }
