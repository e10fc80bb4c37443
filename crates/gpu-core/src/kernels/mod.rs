//! One file a kernel family: a problem (shape, stride, padding …) → candidates under Caps → launches.
