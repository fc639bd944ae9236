//! As much of SQL's form as it takes to find something in a statement.

/// The words, texts and signs of some SQL, without comments.
pub(crate) fn tokens(sql: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = sql.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if rest.starts_with("--") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if first == '\'' || first == '"' {
            quoted(rest, first)
        } else if is_of_word(first) {
            rest.find(|c| !is_of_word(c)).unwrap_or(rest.len())
        } else if is_of_operator(first) {
            rest.find(|c| !is_of_operator(c)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (token, after) = rest.split_at(length);
        if !token.starts_with("--") && !token.starts_with("/*") {
            tokens.push(token);
        }
        rest = after.trim_start();
    }
    tokens
}

/// The statements of some SQL, each as its tokens.
pub(crate) fn statements(sql: &str) -> Vec<Vec<&str>> {
    let tokens = tokens(sql);
    let statements = tokens.split(|token| *token == ";");
    statements.filter(|statement| !statement.is_empty()).map(<[&str]>::to_vec).collect()
}

/// What stands between the bracket that these tokens begin with and its other half.
pub(crate) fn in_brackets<'a, 'b>(tokens: &'b [&'a str]) -> &'b [&'a str] {
    let mut depth = 0;
    for (index, token) in tokens.iter().enumerate() {
        match *token {
            "(" => depth += 1,
            ")" => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return tokens.get(1..index).unwrap_or_default();
        }
    }
    tokens
}

/// Whether the tokens begin with these words, in whatever case.
pub(crate) fn begins(tokens: &[&str], words: &[&str]) -> bool {
    tokens.len() >= words.len()
        && tokens.iter().zip(words).all(|(token, word)| token.eq_ignore_ascii_case(word))
}

/// Where these words stand for the first time.
pub(crate) fn position(tokens: &[&str], words: &[&str]) -> Option<usize> {
    (0..tokens.len()).find(|&start| begins(&tokens[start..], words))
}

/// The length of the text in quotes at the front; a doubled quote belongs to it.
fn quoted(text: &str, quote: char) -> usize {
    let mut end = 1;
    loop {
        match text[end..].find(quote) {
            None => return text.len(),
            Some(found) if text[end + found + 1..].starts_with(quote) => end += found + 2,
            Some(found) => return end + found + 1,
        }
    }
}

fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || "_$.".contains(c)
}

fn is_of_operator(c: char) -> bool {
    "<>=!|+-*/%~&:".contains(c)
}
