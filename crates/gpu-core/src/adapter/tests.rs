//! The choice among made-up adapters. Apart from `adapter.rs` to keep both short.

use super::*;

fn made_up(name: &str, kind: AdapterKind, backend: &'static str, ids: (u32, u32), bus: &str) -> (AdapterSummary, ()) {
    let summary = AdapterSummary {
        index: 0,
        name: name.to_string(),
        backend,
        kind,
        driver: "toy".to_string(),
        driver_info: "1.0".to_string(),
        vendor: ids.0,
        device: ids.1,
        bus: bus.to_string(),
        caps: Caps::gpu(),
        features: Vec::new(),
        subgroup_sizes: [32, 32],
        faults: Vec::new(),
        note: String::new(),
    };
    (summary, ())
}

/// A laptop on Windows: two cards, each seen twice, and WARP-like software.
fn laptop(low_power: bool) -> Vec<AdapterSummary> {
    use AdapterKind::*;
    let seen = vec![
        made_up("Basic Render", Software, "dx12", (5, 5), ""),
        made_up("Graphics 770", Integrated, "dx12", (2, 7), ""),
        made_up("Card 4070", Discrete, "dx12", (1, 9), ""),
        made_up("Graphics(TM) 770", Integrated, "vulkan", (2, 7), "0000:00:02.0"),
        made_up("Card 4070", Discrete, "vulkan", (1, 9), "0000:01:00.0"),
        made_up("llvmpipe", Software, "vulkan", (6, 0), ""),
    ];
    sort(seen, low_power).into_iter().map(|(summary, ())| summary).collect()
}

fn names(list: &[AdapterSummary]) -> Vec<(&str, &str)> {
    list.iter().map(|a| (a.name.as_str(), a.backend)).collect()
}

#[test]
fn each_machine_is_listed_once_in_order_of_preference() {
    let want =
        [("Card 4070", "vulkan"), ("Graphics(TM) 770", "vulkan"), ("llvmpipe", "vulkan"), ("Basic Render", "dx12")];
    assert_eq!(names(&laptop(false)), want);
    assert_eq!(laptop(false).iter().map(|a| a.index).collect::<Vec<_>>(), [0, 1, 2, 3]);
    assert_eq!(names(&laptop(true))[0].0, "Graphics(TM) 770");
}

#[test]
fn two_equal_cards_stay_two() {
    let card = |backend, bus| made_up("Card", AdapterKind::Discrete, backend, (1, 9), bus);
    let seen = vec![card("vulkan", "02:00"), card("vulkan", "01:00"), card("dx12", ""), card("dx12", "")];
    let list = sort(seen, false);
    assert_eq!(list.iter().map(|(a, _)| a.bus.as_str()).collect::<Vec<_>>(), ["01:00", "02:00"]);
}

#[test]
fn asking_picks_by_name_kind_backend_or_index() {
    let list = laptop(false);
    let pick = |text: &str| {
        let wish = Wish { asked: Some(text.to_string()), ..Wish::default() };
        wish.pick(&list).map(|(at, _)| list[at].name.as_str())
    };
    assert_eq!(pick("LLVM"), Ok("llvmpipe"));
    assert_eq!(pick("software"), Ok("llvmpipe"));
    assert_eq!(pick("integrated"), Ok("Graphics(TM) 770"));
    assert_eq!(pick("dx12"), Ok("Basic Render"));
    assert_eq!(pick("#3"), Ok("Basic Render"));
    let message = pick("voodoo").expect_err("there is no such adapter").to_string();
    assert!(message.contains("--adapter `voodoo`") && message.contains("#0 Card 4070, discrete, vulkan"), "{message}");
    assert!(message.lines().count() == 5, "{message}");
}

#[test]
fn the_flag_comes_before_the_environment_and_the_environment_before_the_order() {
    let list = laptop(false);
    let name = Some("basic".to_string());
    let wish = Wish { name: name.clone(), ..Wish::default() };
    assert_eq!(wish.pick(&list).map(|(at, _)| at), Ok(3));
    let wish = Wish { asked: Some("discrete".to_string()), name, ..Wish::default() };
    assert_eq!(wish.pick(&list).map(|(at, _)| at), Ok(0));
    let (at, why) = Wish::default().pick(&list).expect("something is there");
    assert_eq!((at, why.as_str()), (0, "discrete comes first"));
}

#[test]
fn nothing_present_says_what_to_install() {
    let asked = Wish { asked: Some("#0".to_string()), ..Wish::default() };
    for wish in [Wish::default(), asked] {
        let message = wish.pick(&[]).expect_err("nothing to pick").to_string();
        assert!(message.contains("mesa-vulkan-drivers"), "{message}");
    }
}

#[test]
fn notes_say_which_and_why() {
    let mut list = laptop(false);
    note(&Wish::default(), &mut list);
    assert_eq!(list[0].note, "picked: discrete comes first");
    assert_eq!(list[2].note, "not picked: discrete comes first");
}
