//! Tables, good and bad: every message names file, line and column.

use super::*;
use proptest::prelude::*;

fn sheet(text: &str) -> Result<Sheet, Error> {
    Sheet::parse("t.csv", text.as_bytes(), &Reading::default())
}

fn prepared(text: &str) -> Result<Prepared, Error> {
    prepare(&sheet(text)?, &Options::default(), 0.0, 1)
}

#[test]
fn builtin_tables() {
    for (name, rows, features, classes) in [
        ("lecture", 4, 2, &["0", "1"][..]),
        ("iris", 150, 4, &["setosa", "versicolor", "virginica"]),
        ("wine", 178, 13, &["class_0", "class_1", "class_2"]),
        ("breast_cancer", 569, 30, &["benign", "malignant"]),
    ] {
        let sheet = builtin(name).unwrap();
        let table = prepare(&sheet, &Options::default(), 0.0, 1).unwrap();
        assert_eq!((table.train.len(), table.train.features, table.held_out.len()), (rows, features, 0), "{name}");
        assert_eq!(table.scheme.classes().unwrap(), classes);
        assert!(sheet.constant_columns().is_empty() && sheet.missing().is_empty());
    }
    assert!(builtin("irises").unwrap_err().to_string().contains("there are lecture, iris, wine"));
}

#[test]
fn training_rows_have_mean_0_and_std_1() {
    let iris = prepare(&builtin("iris").unwrap(), &Options::default(), 0.2, 7).unwrap();
    for feature in 0..4 {
        let x: Vec<f64> = iris.train.x.iter().skip(feature).step_by(4).map(|&x| f64::from(x)).collect();
        let mean = x.iter().sum::<f64>() / 120.0;
        let variance = x.iter().map(|x| x * x).sum::<f64>() / 120.0;
        assert!(mean.abs() < 1e-6 && (variance - 1.0).abs() < 1e-5, "{mean} {variance}");
    }
    let Targets::Classes(held_out) = &iris.held_out.y else { panic!("classes") };
    assert_eq!([0, 1, 2].map(|class| held_out.iter().filter(|&&y| y == class).count()), [10, 10, 10]);
}

#[test]
fn numbers_categories_and_both_tasks() {
    let text = "size;colour;price\n1,5;x;y\n";
    assert_eq!(sheet(text).unwrap().names(), ["size", "colour", "price"]);
    let table = prepared("size,colour,price\n1,red,1.5\n2,blue,2.5\n3,red,3.5\n").unwrap();
    assert_eq!(table.scheme.feature_names(), ["size", "colour=blue", "colour=red"]);
    let z = 1.5f32.sqrt();
    assert_eq!(table.train.x, [-z, 0., 1., 0., 1., 0., z, 0., 1.]);
    assert_eq!(table.train.y, Targets::Numbers(vec![-z, 0.0, z]));
    assert!((table.scheme.unscaled(z) - 3.5).abs() < 1e-6);

    let options = Options { target: Some("size".into()), ignore: vec!["price".into()], ..Options::default() };
    let rows = sheet("size,colour,price\n10,red,1\n2,blue,2\n10.0,red,3\n").unwrap();
    let table = prepare(&rows, &options, 0.0, 1).unwrap();
    assert_eq!(table.scheme.classes().unwrap(), ["2", "10"]);
    assert_eq!(table.train.y, Targets::Classes(vec![1, 0, 1]));
    let options = Options { task: Task::Regression, ..options };
    assert!(prepare(&rows, &options, 0.0, 1).unwrap().scheme.classes().is_none());
    let options = Options { categorical: vec!["price".into()], target: Some("colour".into()), ..Options::default() };
    assert_eq!(prepare(&rows, &options, 0.0, 1).unwrap().train.features, 4);
}

#[test]
fn headers() {
    assert_eq!(sheet("1,a\n2,b\n").unwrap().names(), ["c1", "c2"]);
    assert_eq!(sheet("\u{feff}x,y\n2,b\n").unwrap().names(), ["x", "y"]);
    assert_eq!(sheet(",y\n2,b\n").unwrap().names(), ["c1", "y"]);
    let all_text = Reading { header: Header::No, ..Reading::default() };
    assert_eq!(Sheet::parse("t", b"a,b\nc,d\n", &all_text).unwrap().len(), 2);
    assert_eq!(sheet("a\tb\tc, d\n1\t2\t3\n").unwrap().names(), ["a", "b", "c, d"]);
    assert_eq!(sheet("\"a,b\";c\n1;2\n").unwrap().names(), ["a,b", "c"]);
}

#[test]
fn a_stored_scheme_reads_later_files() {
    let table = prepared("a,kind,class\n1,x,no\n3,y,yes\n").unwrap();
    let stored = serde_json::to_string(&table.scheme).unwrap();
    let scheme: Scheme = serde_json::from_str(&stored).unwrap();
    assert_eq!(scheme, table.scheme);
    // Other order of columns, no target, a column more.
    let later = sheet("kind,more,a\ny,7,2\nx,8,5\n").unwrap();
    assert_eq!(scheme.inputs_of(&later).unwrap(), [0., 0., 1., 3., 1., 0.]);
    let message = |text: &str| scheme.inputs_of(&sheet(text).unwrap()).unwrap_err().to_string();
    assert_eq!(
        message("a,kind\n1,x\n2,z\n"),
        "t.csv, line 3, column \"kind\": \"z\" was not among the training data's categories x, y"
    );
    assert_eq!(message("b,kind\n1,x\n"), "t.csv: no column is named \"a\"; there are b, kind");
    assert!(message("a,kind\none,x\n").contains("line 2, column \"a\": \"one\" is not a number"));
    assert!(message("a,kind\n1e300,x\n").contains("too far from the training data's mean 2"));
    let targets = scheme.targets_of(&sheet("a,kind,class\n1,x,maybe\n").unwrap()).unwrap_err().to_string();
    assert!(targets.contains("column \"class\": \"maybe\" was not among"), "{targets}");
}

#[test]
fn messages() {
    for (text, expected) in [
        ("", "t.csv: holds no rows"),
        ("a,b\n", "t.csv: holds a line of column names, but no rows"),
        ("a,a\n1,2\n", "t.csv: two columns are named \"a\"; names must differ"),
        ("a,b,c\n1,2,3\n1,2\n", "t.csv, line 3, column \"c\": the row has 2 cells, but the first row has 3"),
        ("a,b\n1,2\n\n\n1,2,3\n", "t.csv, line 5, column \"c3\": the row has 3 cells, but the first row has 2"),
        ("a,b\n1,2\nx,2\n3,4\n", "t.csv, line 3, column \"a\": \"x\" is not a number, as the column needs"),
        ("a,b\n1,2\n,2\n3,4\n", "t.csv, line 3, column \"a\": the cell is empty; fill it in"),
        ("a,b\n?,2\n1,NA\n3,4\n", "t.csv, line 2, column \"a\": \"?\" is no value (and 1 more in this file)"),
        (
            "a,b\n1,2\n2,2\n",
            "t.csv: the target column \"b\" is \"2\" in every one of 2 rows: there is nothing to learn",
        ),
        ("a,b\n1,2\n", "t.csv: the target column \"b\" is \"2\" in the only row"),
        ("b\n1\n2\n", "t.csv: no column is left to predict \"b\" from"),
        ("a,b\n1e308,1\n-1e308,2\n1e308,3\n", "the numbers of column \"a\" are too large"),
        ("a,b\n1,2\n\"x,3\n", "t.csv, line 3, column \"b\": the row has 1 cells, but the first row has 2"),
    ] {
        let message = prepared(text).expect_err(text).to_string();
        assert!(message.contains(expected), "{message}\nlacks\n{expected}");
    }
    let bytes = Sheet::parse("t.csv", b"a,b\n1,\xff\n", &Reading::default()).unwrap_err().to_string();
    assert!(bytes.starts_with("t.csv: cannot be read as CSV:"), "{bytes}");
    let target = Options { target: Some("z".into()), ..Options::default() };
    let target = prepare(&sheet("a,b\n1,2\n").unwrap(), &target, 0.0, 1).unwrap_err().to_string();
    assert_eq!(target, "t.csv: no column is named \"z\"; there are a, b");
    assert!(prepare(&builtin("iris").unwrap(), &Options::default(), 1.0, 1).is_err());
    let ids: String = (0..1100).map(|i| format!("id{i},{}\n", i % 2)).collect();
    assert!(prepared(&ids).unwrap_err().to_string().contains("more than 1000 different texts"));
    assert!(matches!(Sheet::read("absent.csv".as_ref(), &Reading::default()), Err(Error::Read { .. })));
}

#[test]
fn missing_rows_can_be_left_out() {
    let text = b"a,b\n1,2\n?,2\n\n3,4\n5,\n";
    let sheet = Sheet::parse("t", text, &Reading { drop_missing: true, ..Reading::default() }).unwrap();
    assert_eq!((sheet.len(), sheet.dropped()), (2, [3, 6].as_slice()));
    let kept = Sheet::parse("t", text, &Reading::default()).unwrap();
    assert_eq!(kept.missing(), [(3, "a"), (6, "b")]);
    assert_eq!(kept.line(2), 5);
    let none = Sheet::parse("t", b"a,b\n1,?\n", &Reading { drop_missing: true, ..Reading::default() });
    assert!(none.unwrap_err().to_string().contains("each of its 1 rows has a missing cell"));
}

#[test]
fn constant_columns_become_0() {
    let table = prepared("a,b,c\n7,1,0\n7,2,1\n").unwrap();
    assert_eq!(table.train.x, [0.0, -1.0, 0.0, 1.0]);
    assert_eq!(sheet("a,b,c\n7,1,0\n7,2,1\n").unwrap().constant_columns(), ["a"]);
}

proptest! {
    #[test]
    fn random_text_never_panics(text in "[a-c0-9.,;?\"\n\r\t-]{0,80}", bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        for text in [text.as_bytes(), &bytes] {
            if let Ok(sheet) = Sheet::parse("t", text, &Reading::default()) {
                let _ = sheet.missing();
                if let Ok(table) = prepare(&sheet, &Options::default(), 0.5, 1) {
                    prop_assert!(table.train.x.iter().all(|x| x.is_finite()));
                    prop_assert_eq!(table.train.len() + table.held_out.len(), sheet.len());
                }
            }
        }
    }
}
