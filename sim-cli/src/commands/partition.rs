//! `sweep --partition`: which part of a sweep to make, as it is written or as a batch system says.

use floodnet_lab::sweep::run::Part;

/// The value of `--partition`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Partition {
    /// `K/N`.
    Is(Part),
    /// `auto`, or `auto/N`: the number of the part is in the environment, and that of all parts here or there.
    Auto(Option<u32>),
}

/// Where batch systems say which of their tasks this is.
struct System {
    name: &'static str,
    /// The variable with the number of the task.
    task: &'static str,
    /// Number of the first task.
    first: u32,
    /// Whether the user chooses the numbers of the tasks.
    is_free: bool,
}

const SYSTEMS: [System; 4] = [
    System { name: "Slurm", task: "SLURM_ARRAY_TASK_ID", first: 1, is_free: true },
    System { name: "Kubernetes", task: "JOB_COMPLETION_INDEX", first: 0, is_free: false },
    System { name: "HyperQueue", task: "HQ_TASK_ID", first: 1, is_free: true },
    System { name: "GNU parallel", task: "PARALLEL_SEQ", first: 1, is_free: false },
];

/// Reads a variable of the environment.
pub(super) type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Partition {
    /// Reads `K/N`, `auto` or `auto/N`.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("invalid part `{text}` (expected K/N with 1 <= K <= N, e.g. 2/7, or auto, or auto/N)");
        let (k, n) = text.split_once('/').map_or((text, None), |(k, n)| (k, Some(n)));
        let n = n.map(|n| n.parse().ok().filter(|&n: &u32| n > 0).ok_or_else(wrong)).transpose()?;
        if k == "auto" {
            return Ok(Self::Auto(n));
        }
        match (k.parse().ok(), n) {
            (Some(k), Some(n)) if 1 <= k && k <= n => Ok(Self::Is(Part { k, n })),
            _ => Err(wrong()),
        }
    }

    /// The part to make.
    ///
    /// # Errors
    /// The environment does not say, or not clearly; says what to write instead.
    pub(super) fn part(self, variable: Variable<'_>) -> Result<Part, String> {
        let parts = match self {
            Self::Is(part) => return Ok(part),
            Self::Auto(parts) => parts,
        };
        let mut found = SYSTEMS.iter().filter(|system| variable(system.task).is_some());
        let Some(system) = found.next() else {
            let tasks: Vec<&str> = SYSTEMS.iter().map(|system| system.task).collect();
            return Err(format!(
                "--partition auto: this is no task of a batch system: none of {} is set; write --partition K/N",
                tasks.join(", ")
            ));
        };
        if let Some(other) = found.next() {
            return Err(format!(
                "--partition auto: both {} and {} are set; write --partition K/N",
                system.task, other.task
            ));
        }
        let number = number(system.task, variable)?;
        match parts {
            Some(n) => system.part(number, n),
            None => complete_array(system, number, variable),
        }
    }
}

impl System {
    /// The part that the task `number` makes, of `n`.
    fn part(&self, number: u32, n: u32) -> Result<Part, String> {
        let last = self.first + n - 1;
        if number < self.first || number > last {
            let cure = if self.is_free {
                format!("number the tasks from {} to {last}", self.first)
            } else {
                format!("start {n} tasks, or write another N")
            };
            return Err(format!(
                "--partition auto/{n}: {} = {number}, but the tasks of {n} parts are {} to {last}; {cure}",
                self.task, self.first
            ));
        }
        Ok(Part { k: number - self.first + 1, n })
    }
}

/// The part without `N`. Slurm alone says how many tasks there are, and this is the number of parts only if all were
/// submitted together: of `--array=3,7`, which repeats two, nothing can be learned.
fn complete_array(system: &System, id: u32, variable: Variable<'_>) -> Result<Part, String> {
    let unclear = |why: &str| {
        let name = system.name;
        Err(format!(
            "--partition auto: {name} {why}; write --partition auto/N, where N is the number of all parts"
        ))
    };
    if system.name != "Slurm" {
        return unclear("does not say how many parts there are");
    }
    let read = |name| number(name, variable);
    let (count, least, most) =
        (read("SLURM_ARRAY_TASK_COUNT")?, read("SLURM_ARRAY_TASK_MIN")?, read("SLURM_ARRAY_TASK_MAX")?);
    let is_complete = least <= 1 && least <= id && id <= most && most - least == count.wrapping_sub(1);
    if !is_complete {
        return unclear("was given some tasks of an array only");
    }
    Ok(Part { k: id - least + 1, n: count })
}

fn number(name: &str, variable: Variable<'_>) -> Result<u32, String> {
    let text = variable(name).ok_or_else(|| format!("--partition auto: {name} is not set"))?;
    text.trim().parse().map_err(|_| format!("--partition auto: {name} is `{text}`, not a number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_read_and_nonsense_is_refused() {
        for (text, expected) in [
            ("2/7", Some(Partition::Is(Part { k: 2, n: 7 }))),
            ("auto", Some(Partition::Auto(None))),
            ("auto/40", Some(Partition::Auto(Some(40)))),
            ("0/7", None),
            ("8/7", None),
            ("2", None),
            ("auto/0", None),
            ("auto/x", None),
            ("/7", None),
        ] {
            assert_eq!(Partition::parse(text).ok(), expected, "{text}");
        }
    }

    #[test]
    fn the_environment_says_which_part_it_is() {
        let slurm = |id, count, least, most| {
            vec![
                ("SLURM_ARRAY_TASK_ID", id),
                ("SLURM_ARRAY_TASK_COUNT", count),
                ("SLURM_ARRAY_TASK_MIN", least),
                ("SLURM_ARRAY_TASK_MAX", most),
            ]
        };
        /// The option, the environment, and part K of N or some words of the refusal.
        type Case = (&'static str, Vec<(&'static str, &'static str)>, Result<(u32, u32), &'static str>);
        let cases: [Case; 20] = [
            ("2/7", vec![], Ok((2, 7))),
            ("auto", slurm("1", "40", "1", "40"), Ok((1, 40))),
            ("auto", slurm("39", "40", "0", "39"), Ok((40, 40))),
            ("auto", slurm("7", "2", "3", "7"), Err("some tasks of an array only")),
            ("auto", slurm("7", "2", "6", "7"), Err("auto/N")),
            ("auto", slurm("3", "1", "1", "1"), Err("auto/N")),
            ("auto", vec![("SLURM_ARRAY_TASK_ID", "1")], Err("SLURM_ARRAY_TASK_COUNT is not set")),
            ("auto/40", slurm("7", "2", "3", "7"), Ok((7, 40))),
            ("auto/40", slurm("0", "40", "0", "39"), Err("number the tasks from 1 to 40")),
            ("auto/40", slurm("41", "41", "1", "41"), Err("number the tasks from 1 to 40")),
            ("auto/40", vec![("JOB_COMPLETION_INDEX", "0")], Ok((1, 40))),
            ("auto/40", vec![("JOB_COMPLETION_INDEX", "39")], Ok((40, 40))),
            ("auto/40", vec![("JOB_COMPLETION_INDEX", "40")], Err("start 40 tasks")),
            ("auto", vec![("JOB_COMPLETION_INDEX", "3")], Err("Kubernetes does not say how many")),
            ("auto/3", vec![("HQ_TASK_ID", "3")], Ok((3, 3))),
            ("auto/3", vec![("PARALLEL_SEQ", "2")], Ok((2, 3))),
            ("auto/3", vec![("PARALLEL_SEQ", "two")], Err("PARALLEL_SEQ is `two`, not a number")),
            ("auto/3", vec![("PARALLEL_SEQ", "-1")], Err("not a number")),
            ("auto/3", vec![], Err("none of SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX")),
            ("auto/3", vec![("HQ_TASK_ID", "1"), ("PARALLEL_SEQ", "1")], Err("both HQ_TASK_ID and")),
        ];
        for (text, environment, expected) in cases {
            let variable = |name: &str| {
                environment.iter().find(|(of, _)| *of == name).map(|(_, value)| (*value).to_owned())
            };
            let found = Partition::parse(text).unwrap().part(&variable);
            match expected {
                Ok((k, n)) => assert_eq!(found, Ok(Part { k, n }), "{text} {environment:?}"),
                Err(part) => assert!(
                    found.clone().is_err_and(|why| why.contains(part)),
                    "{text} {environment:?}: {found:?}"
                ),
            }
        }
    }
}
