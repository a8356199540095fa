//! The results of formulas for one record.

use jiff::Timestamp;

use super::{Mistake, Subject, Value, parse};

struct Record;

const FIELDS: [&str; 7] = ["Name", "Amount", "Done", "Due", "Empty", "Odd } name", "fldAAAAAAAAAAAAAA"];

impl Subject for Record {
    fn field(&self, index: usize) -> Value {
        match index {
            0 => Value::Text("Zoë's Café".to_owned()),
            1 => Value::Number(12.5),
            2 => Value::Flag(true),
            3 => Value::Moment("2026-11-20T00:00:00Z".parse().unwrap()),
            5 => Value::Text("odd".to_owned()),
            6 => Value::Error,
            _ => Value::Blank,
        }
    }

    fn record_id(&self) -> String {
        "recABCDEFGHIJKLMN".to_owned()
    }

    fn created(&self) -> Timestamp {
        "2026-01-02T03:04:05Z".parse().unwrap()
    }

    fn modified(&self) -> Timestamp {
        "2026-02-03T04:05:06Z".parse().unwrap()
    }

    fn now(&self) -> Timestamp {
        "2026-11-22T12:00:00Z".parse().unwrap()
    }
}

fn resolve(name: &str) -> Option<usize> {
    FIELDS.iter().position(|field| *field == name)
}

#[track_caller]
fn evaluates_to(formula: &str, result: &str) {
    let expression = parse(formula, resolve).unwrap_or_else(|mistake| panic!("{formula}: {mistake:?}"));
    assert_eq!(expression.evaluate(&Record).text(), result, "{formula}");
}

#[track_caller]
fn keeps(formula: &str, expected: bool) {
    let expression = parse(formula, resolve).unwrap_or_else(|mistake| panic!("{formula}: {mistake:?}"));
    assert_eq!(expression.evaluate(&Record).keeps_record(), expected, "{formula}");
}

#[test]
fn operators_bind_as_in_arithmetic() {
    evaluates_to("1 + 2 * 3", "7");
    evaluates_to("(1 + 2) * 3", "9");
    evaluates_to("-2 - -3", "1");
    evaluates_to("10 / 4", "2.5");
    evaluates_to("1 & 2 + 3", "15");
    evaluates_to("1 + 1 = 2", "1");
    evaluates_to("2 < 1 = 0", "1");
    evaluates_to("8 - 3 - 2", "3");
}

#[test]
fn fields_are_named_with_or_without_braces_or_by_id() {
    evaluates_to("{Name}", "Zoë's Café");
    evaluates_to("Name & ''", "Zoë's Café");
    evaluates_to("{Odd \\} name}", "odd");
    evaluates_to("{fldAAAAAAAAAAAAAA}", "#ERROR!");
}

#[test]
fn text_can_contain_escaped_quotation_marks() {
    evaluates_to(r#"{Name} = "Zoë's Café""#, "1");
    evaluates_to(r"{Name} = 'Zoë\'s Café'", "1");
    evaluates_to(r#""a\"b" & '\n'"#, "a\"b\n");
    evaluates_to("“curved”", "curved");
}

#[test]
fn numbers_text_times_and_blanks_can_be_compared() {
    for formula in [
        "{Amount} > 9",
        "{Amount} >= 12.5",
        "{Amount} != 12",
        "{Done} = 1",
        "{Done} = TRUE()",
        "{Empty} = BLANK()",
        "{Empty} = ''",
        "{Empty} = 0",
        "{Name} != ''",
        "'a' < 'b'",
        "{Due} = '2026-11-20'",
        "{Due} < TODAY()",
        "{Due} > DATETIME_PARSE('2026-11-19')",
    ] {
        keeps(formula, true);
    }
    for formula in ["{Amount} < 9", "{Name} = 'zoë'", "{Name} = BLANK()", "{Done} = FALSE()", "{Amount} <= 12"] {
        keeps(formula, false);
    }
}

#[test]
fn a_filter_drops_a_record_for_every_empty_result() {
    for nothing in
        ["0", "''", "BLANK()", "FALSE()", "ERROR()", "0/0", "{Empty}", "NOT(1)", "{fldAAAAAAAAAAAAAA}", "1 + 'a'"]
    {
        keeps(nothing, false);
    }
    for something in ["1", "'0'", "TRUE()", "{Due}", "1/0", "-1", "RECORD_ID()", "{Name}"] {
        keeps(something, true);
    }
}

#[test]
fn conditions_select_a_branch() {
    evaluates_to("IF({Done}, 'yes', 'no')", "yes");
    evaluates_to("IF({Empty}, 'yes')", "");
    evaluates_to("IF(1, 'fine', ERROR())", "fine");
    evaluates_to("IFERROR(1 + 'a', 'broken')", "broken");
    keeps("AND({Done}, {Amount} > 1, OR({Empty}, {Name}))", true);
    keeps("XOR(1, 1)", false);
    keeps("ISERROR({fldAAAAAAAAAAAAAA})", true);
}

#[test]
fn text_is_searched_and_cut_by_characters() {
    evaluates_to("FIND('Café', {Name})", "7");
    evaluates_to("FIND('café', {Name})", "0");
    evaluates_to("FIND('a', 'banana', 3)", "4");
    evaluates_to("SEARCH('café', {Name})", "7");
    evaluates_to("SEARCH('tea', {Name})", "");
    evaluates_to("LEN({Name})", "10");
    evaluates_to("LEFT({Name}, 3) & RIGHT({Name}, 4) & MID({Name}, 5, 1)", "ZoëCafés");
    evaluates_to("UPPER(LOWER('ÀB'))", "ÀB");
    evaluates_to("TRIM('  a ')", "a");
    evaluates_to("SUBSTITUTE('a-b-c', '-', '+')", "a+b+c");
    evaluates_to("CONCATENATE(1, 'a', {Empty})", "1a");
}

#[test]
fn numbers_are_rounded_and_aggregated() {
    evaluates_to("ROUND({Amount} * 1.1, 1)", "13.8");
    evaluates_to("MOD(7, 3) + MOD(-7, 3)", "3");
    evaluates_to("MAX(1, {Amount}, 3) - MIN(4, 2)", "10.5");
    evaluates_to("SUM(1, {Empty}, 2) & ABS(-3) & INT(2.9)", "332");
    evaluates_to("VALUE('€ 12.50')", "12.5");
}

#[test]
fn times_are_compared_and_subtracted() {
    keeps("IS_AFTER({Due}, CREATED_TIME())", true);
    keeps("IS_BEFORE({Due}, '2026-11-20')", false);
    keeps("IS_SAME({Due}, '2026-11-20T18:00:00Z', 'day')", true);
    keeps("IS_SAME({Due}, '2026-11-21', 'day')", false);
    keeps("IS_AFTER(LAST_MODIFIED_TIME(), '2026-02-03')", true);
    evaluates_to("DATETIME_DIFF(NOW(), {Due}, 'days')", "2");
    evaluates_to("DATETIME_DIFF(NOW(), {Due}, 'hours')", "60");
    evaluates_to("DATETIME_DIFF({Due}, NOW(), 'days')", "-2");
    evaluates_to("DATETIME_DIFF({Due}, '2025-11-21', 'months')", "11");
    evaluates_to("YEAR(DATEADD({Due}, 42, 'days')) & DATESTR({Due})", "20272026-11-20");
    evaluates_to("IFERROR(IS_AFTER({Empty}, NOW()), 'no date')", "no date");
}

#[test]
fn invalid_formulas_are_rejected() {
    for text in [
        "",
        "(",
        ")",
        "1 +",
        "{Name",
        "'open",
        "1 2",
        "AND()",
        "IF(1)",
        "AND(1",
        "AND(1 2)",
        "{Name} == 1",
        "#",
        "1..2",
        "NOT(1, 2)",
        "AND(,)",
    ] {
        assert!(matches!(parse(text, resolve).err(), Some(Mistake::Syntax)), "{text}");
    }
    let deep = "(".repeat(5000) + "1" + &")".repeat(5000);
    assert!(matches!(parse(&deep, resolve).err(), Some(Mistake::Syntax)));
    assert!(matches!(parse(&"1+".repeat(100_000), resolve).err(), Some(Mistake::Syntax)));
    let reason = |text| parse(text, resolve).err().unwrap().reason();
    assert_eq!(reason("{Who Knows} = 1"), "Unknown field names: who knows");
    assert_eq!(reason("REGEX_MATCH(Name, 'a')"), "Unknown function names: regex_match");
}
