use super::*;

#[test]
fn what_is_not_finished_leaves_nothing_behind() {
    let lab = tempfile::tempdir().unwrap();
    let names = || fs::read_dir(lab.path()).unwrap().count();
    let folder = lab.path().join(".run.partial");
    let panicked = std::panic::catch_unwind(|| {
        let draft = Draft(Some(folder.clone()));
        fs::create_dir_all(draft.path()).unwrap();
        fs::write(draft.path().join("summary.json"), "{").unwrap();
        panic!("the disk is full");
    });
    assert!(panicked.is_err());
    assert_eq!(names(), 0);
}
