//! How much memory there is for a run: what the machine has available, or less where the process runs in a control
//! group with a limit, as batch systems and containers set them.

use std::fs;
use std::path::Path;

/// How many bytes a process may take from now on, and who says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Available {
    /// Bytes.
    pub bytes: u64,
    /// Who says so.
    pub by: Source,
}

/// Who says how much memory there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The machine.
    Machine,
    /// The control group of this process, or one around it.
    ControlGroup,
}

impl Source {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Machine => "the machine has available",
            Self::ControlGroup => "the control group of this process (its container or batch job) allows",
        }
    }
}

/// What there is now; none where the system does not tell (other systems than Linux).
#[must_use]
pub fn available() -> Option<Available> {
    available_in(Path::new("/"))
}

/// As [`available`], with the files of the system below `root`.
fn available_in(root: &Path) -> Option<Available> {
    let text = fs::read_to_string(root.join("proc/meminfo")).ok()?;
    let machine = Available { bytes: available_kib(&text)? * 1024, by: Source::Machine };
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let groups = groups.lines().filter_map(|line| left_in_group(root, line));
    let group = groups.min().map(|bytes| Available { bytes, by: Source::ControlGroup });
    [Some(machine), group].into_iter().flatten().min_by_key(|available| available.bytes)
}

/// `MemAvailable` of `/proc/meminfo`.
fn available_kib(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// How a version of control groups calls its files, and where it has them.
struct Version {
    folder: &'static str,
    limit: &'static str,
    used: &'static str,
    /// A page that was read from a file and can be dropped at any time.
    droppable: &'static str,
}

const VERSION_1: Version = Version {
    folder: "sys/fs/cgroup/memory",
    limit: "memory.limit_in_bytes",
    used: "memory.usage_in_bytes",
    droppable: "total_inactive_file ",
};

const VERSION_2: Version = Version {
    folder: "sys/fs/cgroup",
    limit: "memory.max",
    used: "memory.current",
    droppable: "inactive_file ",
};

/// What is left to the group of this line of `/proc/self/cgroup`, `NUMBER:CONTROLLERS:PATH`, and to those around it:
/// each of them may have a limit.
fn left_in_group(root: &Path, line: &str) -> Option<u64> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (controllers, path) = (parts.next()?, parts.next()?);
    let version = match controllers {
        "" => VERSION_2,
        _ if controllers.split(',').any(|name| name == "memory") => VERSION_1,
        _ => return None,
    };
    let top = root.join(version.folder);
    // In a container the path may be that of the machine, and the group itself stand at the top.
    let group = top.join(path.trim_start_matches('/'));
    let around = group.ancestors().take_while(|folder| folder.starts_with(&top));
    around.filter_map(|folder| left_in(folder, &version)).min()
}

/// What is left to one group; none if it has no limit.
fn left_in(folder: &Path, version: &Version) -> Option<u64> {
    let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
    let number = |name: &str| read(name)?.trim().parse::<u64>().ok();
    // Without a limit it is a word, or as great as a number can be.
    let limit = number(version.limit).filter(|limit| *limit < u64::MAX / 4)?;
    let stat = read("memory.stat").unwrap_or_default();
    let droppable = stat.lines().find_map(|line| line.strip_prefix(version.droppable)?.parse::<u64>().ok());
    let used = number(version.used).unwrap_or(0).saturating_sub(droppable.unwrap_or(0));
    Some(limit.saturating_sub(used))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    /// Files below a root, with their content.
    type Files = &'static [(&'static str, &'static str)];

    #[test]
    fn the_least_limit_counts() {
        let machine = ("proc/meminfo", "MemTotal: 4194304 kB\nMemFree: 1 kB\nMemAvailable:  2097152 kB\n");
        let by_machine = Some(Available { bytes: 2048 * MIB, by: Source::Machine });
        let by_group = |mib: u64| Some(Available { bytes: mib * MIB, by: Source::ControlGroup });
        let cases: [(&str, Files, Option<Available>); 7] = [
            ("no group", &[], by_machine),
            (
                "no limit",
                &[("proc/self/cgroup", "0::/a/b\n"), ("sys/fs/cgroup/a/b/memory.max", "max\n")],
                by_machine,
            ),
            (
                "the group itself",
                &[
                    ("proc/self/cgroup", "0::/a/b\n"),
                    ("sys/fs/cgroup/a/b/memory.max", "1073741824\n"),
                    ("sys/fs/cgroup/a/b/memory.current", "536870912\n"),
                    ("sys/fs/cgroup/a/b/memory.stat", "anon 5\ninactive_file 268435456\n"),
                ],
                by_group(768),
            ),
            (
                "a group around it",
                &[("proc/self/cgroup", "0::/a/b\n"), ("sys/fs/cgroup/a/memory.max", "104857600\n")],
                by_group(100),
            ),
            (
                "a container that sees its group as the top",
                &[("proc/self/cgroup", "0::/\n"), ("sys/fs/cgroup/memory.max", "104857600\n")],
                by_group(100),
            ),
            (
                "version 1",
                &[
                    ("proc/self/cgroup", "5:cpu,cpuacct:/x\n4:memory:/slurm/job_7\n"),
                    ("sys/fs/cgroup/memory/slurm/job_7/memory.limit_in_bytes", "209715200\n"),
                    ("sys/fs/cgroup/memory/slurm/job_7/memory.usage_in_bytes", "104857600\n"),
                    ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n"),
                ],
                by_group(100),
            ),
            (
                "more than the machine has",
                &[("proc/self/cgroup", "0::/\n"), ("sys/fs/cgroup/memory.max", "8589934592\n")],
                by_machine,
            ),
        ];
        for (name, files, expected) in cases {
            let root = tempfile::tempdir().unwrap();
            for (path, content) in files.iter().chain([&machine]) {
                let path = root.path().join(path);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, content).unwrap();
            }
            assert_eq!(available_in(root.path()), expected, "{name}");
        }
        let nothing = tempfile::tempdir().unwrap();
        assert_eq!(available_in(nothing.path()), None, "another system");
    }
}
