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
    // A folder stands where the file should be.
    let place = lab.path().join("delivery.png");
    fs::create_dir(&place).unwrap();
    assert!(write_whole(&place, "picture").is_err());
    assert_eq!((names(), place.is_dir()), (1, true));
    fs::remove_dir(&place).unwrap();
    for content in ["a picture", "another"] {
        write_whole(&place, content).unwrap();
        assert_eq!((names(), fs::read_to_string(&place).unwrap().as_str()), (1, content));
    }
}
