// width1: an element of a kernel that is written once for numbers and for vec4s; width4 is its twin
//
// Takes its place by a redirect where the numbers do not come in fours.

alias Element = f32;
alias Truth = bool;
const WIDTH: u32 = 1u;

fn across(v: Element) -> f32 { return v; }
fn narrow(v: vec4<f32>) -> Element { return v.x; }
fn first(v: Element) -> f32 { return v; }
fn inside(at: u32, end: u32) -> Truth { return at < end; }
