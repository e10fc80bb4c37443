//! Every shader file, one line each, sorted. A test compares the list with the files.
//!
//! The lines are apart from the rest so that branches which add kernels merge by themselves (see .gitattributes).

use crate::Shader;

macro_rules! shaders {
    ($(#[$doc:meta])* $all:ident in $folder:literal: $($ident:ident = $stem:literal;)*) => {
        $(
            #[doc = concat!("`", $folder, $stem, ".wgsl`.")]
            pub static $ident: Shader =
                Shader { name: $stem, text: include_str!(concat!("../", $folder, $stem, ".wgsl")) };
        )*

        $(#[$doc])*
        pub static $all: &[&Shader] = &[$(&$ident),*];

        #[cfg(test)]
        #[allow(non_snake_case)] // named after the list, of which there are two
        mod $all {
            #[test]
            fn a_static_is_named_like_its_file() {
                $(assert_eq!(stringify!($ident).to_lowercase(), $stem);)*
            }
        }
    };
}

shaders! {
    /// Every kernel.
    ALL in "":
    MAX_POOL = "max_pool";
}

shaders! {
    /// Every file of `lib/`: what `//@use` can name.
    LIB in "lib/":
    INDEX = "index";
    RANDOM = "random";
    REDUCE = "reduce";
}
