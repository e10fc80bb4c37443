//! Integer arithmetic over constants: the bounds of `//@for`.

use std::{borrow::Cow, collections::BTreeMap};

/// Constants of the composed text by name: their expressions, with knobs already set.
pub(crate) type Consts = BTreeMap<&'static str, Cow<'static, str>>;

/// Constants that refer to one another further than this are taken for a circle.
const DEEPEST: u32 = 16;

/// The value of `text`: literals, constants, indices of the loops around, `+ - * / %`, `min`, `max` and parentheses.
///
/// Division rounds down, as WGSL's on u32. An error says what is wrong.
pub(crate) fn evaluate(text: &str, consts: &Consts, indices: &[(&'static str, i64)]) -> Result<i64, String> {
    Reader { rest: text, consts, indices, depth: 0 }.whole()
}

struct Reader<'a> {
    rest: &'a str,
    consts: &'a Consts,
    indices: &'a [(&'static str, i64)],
    depth: u32,
}

impl Reader<'_> {
    fn whole(mut self) -> Result<i64, String> {
        let value = self.sum()?;
        match self.peek() {
            None => Ok(value),
            Some(_) => Err(format!("`{}` is not expected here", self.rest)),
        }
    }

    fn peek(&mut self) -> Option<char> {
        self.rest = self.rest.trim_start();
        self.rest.chars().next()
    }

    fn take(&mut self, wanted: &[char]) -> Option<char> {
        let found = self.peek().filter(|c| wanted.contains(c))?;
        self.rest = &self.rest[1..];
        Some(found)
    }

    fn sum(&mut self) -> Result<i64, String> {
        let mut value = self.product()?;
        while let Some(sign) = self.take(&['+', '-']) {
            let right = self.product()?;
            let result = if sign == '+' { value.checked_add(right) } else { value.checked_sub(right) };
            value = result.ok_or("too large")?;
        }
        Ok(value)
    }

    fn product(&mut self) -> Result<i64, String> {
        let mut value = self.atom()?;
        while let Some(sign) = self.take(&['*', '/', '%']) {
            let right = self.atom()?;
            value = match sign {
                '*' => value.checked_mul(right).ok_or("too large")?,
                '/' => value.checked_div(right).ok_or("division by zero")?,
                _ => value.checked_rem(right).ok_or("division by zero")?,
            };
        }
        Ok(value)
    }

    /// What stands behind `min` or `max`: two values in parentheses.
    fn extreme(&mut self, word: &str) -> Result<i64, String> {
        let form = || format!("`{word}` wants two values: {word}(a, b)");
        self.take(&['(']).ok_or_else(form)?;
        let first = self.sum()?;
        self.take(&[',']).ok_or_else(form)?;
        let second = self.sum()?;
        self.take(&[')']).ok_or_else(form)?;
        Ok(if word == "min" { first.min(second) } else { first.max(second) })
    }

    fn atom(&mut self) -> Result<i64, String> {
        if self.take(&['(']).is_some() {
            let value = self.sum()?;
            return self.take(&[')']).map(|_| value).ok_or_else(|| "unclosed parenthesis".into());
        }
        self.peek();
        let length = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(length);
        self.rest = rest;
        if word.starts_with(|c: char| c.is_ascii_digit()) {
            let digits = word.strip_suffix(['u', 'i']).unwrap_or(word);
            return digits.parse().map_err(|_| format!("`{word}` is not a decimal integer"));
        }
        if word == "min" || word == "max" {
            return self.extreme(word);
        }
        if word.is_empty() {
            return Err(match self.rest {
                "" => "a number is missing".into(),
                rest => format!("`{rest}` is not expected here"),
            });
        }
        if let Some(&(_, value)) = self.indices.iter().rev().find(|(name, _)| *name == word) {
            return Ok(value);
        }
        let text = self.consts.get(word).ok_or_else(|| {
            let known: Vec<_> = self.consts.keys().copied().collect();
            format!("no constant `{word}` at module scope; there is {}", known.join(", "))
        })?;
        if self.depth == DEEPEST {
            return Err(format!("`{word}` is defined by itself"));
        }
        Reader { rest: text, consts: self.consts, indices: &[], depth: self.depth + 1 }
            .whole()
            .map_err(|why| format!("const {word} = {text}: {why}"))
    }
}
