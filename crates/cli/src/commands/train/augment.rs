//! `--augment flip,rotate=10`: the changes by name, each with an amount if another than the usual one is wanted.

use lenslet::Augment;

/// Name, what it does with which amount, and the usual amount.
const CHANGES: [(&str, &str, &str); 9] = [
    ("flip", "mirrored left to right, with this probability", "0.5"),
    ("flip-vertical", "mirrored top to bottom, with this probability", "0.5"),
    ("crop", "padded by so many pixels and cut back at random", "4"),
    ("shift", "moved by at most this share of its side", "0.1"),
    ("rotate", "turned by at most so many degrees", "15"),
    ("scale", "made larger or smaller, by factors from-to", "0.9-1.1"),
    ("erase", "a rectangle blotted out, with this probability", "0.25"),
    ("mixup", "mixed with another image and its label, by Beta(α, α)", "0.2"),
    ("fill", "the byte that comes in from outside, 0 black to 255 white", "0"),
];

/// Reads a list of changes.
pub(super) fn read(text: &str) -> Result<Augment, String> {
    let mut augment = Augment::default();
    for change in text.split(',').map(str::trim) {
        let (name, amount) = change.split_once('=').map_or((change, None), |(name, amount)| (name, Some(amount)));
        let Some((_, _, usual)) = CHANGES.iter().find(|(known, ..)| *known == name) else {
            return Err(format!("no change is called `{name}`; there are {}", told()));
        };
        let amount = amount.unwrap_or(usual);
        let wrong = || format!("{name}={amount} is not an amount, such as {name}={usual}");
        let number = || amount.parse::<f32>().map_err(|_| wrong());
        match name {
            "flip" => augment.flip = number()?,
            "flip-vertical" => augment.flip_vertical = number()?,
            "crop" => augment.crop = amount.parse().map_err(|_| wrong())?,
            "shift" => augment.shift = number()?,
            "rotate" => augment.rotate = number()?,
            "scale" => {
                let (low, high) = amount.split_once('-').ok_or_else(wrong)?;
                augment.scale = [low.parse().map_err(|_| wrong())?, high.parse().map_err(|_| wrong())?];
            }
            "erase" => augment.erase = number()?,
            "mixup" => augment.mixup = number()?,
            _ => augment.fill = amount.parse().map_err(|_| wrong())?,
        }
    }
    augment.check().map_err(|error| error.to_string())?;
    Ok(augment)
}

/// All changes with their usual amounts.
fn told() -> String {
    CHANGES.map(|(name, _, usual)| format!("{name}={usual}")).join(", ")
}

/// The help's long text.
pub(super) fn help() -> String {
    let lines = CHANGES.map(|(name, about, usual)| format!("\n  {:<18} {about}", format!("{name}={usual}")));
    format!(
        "Change training images at random, drawn by seed, epoch and image: a list such as flip,rotate=10. Amounts are \
         the usual ones unless given:{}",
        lines.concat()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_by_name() {
        let some = read("flip, rotate=10,scale=0.8-1.25").unwrap();
        assert_eq!(some, Augment { flip: 0.5, rotate: 10.0, scale: [0.8, 1.25], ..Augment::default() });
        let all = read("flip,flip-vertical,crop,shift,rotate,scale,erase,mixup,fill").unwrap();
        assert_eq!((all.crop, all.mixup, all.fill), (4, 0.2, 0));
        for (text, words) in [
            ("flop", "no change is called `flop`; there are flip=0.5"),
            ("crop=x", "crop=x is not an amount, such as crop=4"),
            ("scale=1", "scale=1 is not an amount, such as scale=0.9-1.1"),
            ("flip=2", "flip is a probability, 0 to 1; got 2"),
            ("", "no change is called ``"),
        ] {
            let message = read(text).unwrap_err();
            assert!(message.contains(words), "{message}");
        }
    }
}
