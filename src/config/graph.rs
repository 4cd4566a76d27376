//! What waits for what in a runbook: a step for those in `after`, or for the step before it.

use std::collections::BTreeMap;

/// A circle of steps that wait for each other, by index, if there is one; the first is not repeated at its end.
pub(super) fn circle(needs: &[Vec<usize>]) -> Option<Vec<usize>> {
    let mut waiting: BTreeMap<usize, Vec<usize>> = needs.iter().cloned().enumerate().collect();
    // Steps that wait for nothing that is still waiting can be done; what is left cannot.
    loop {
        let ready: Vec<usize> = waiting
            .iter()
            .filter(|(_, needs)| !needs.iter().any(|need| waiting.contains_key(need)))
            .map(|(step, _)| *step)
            .collect();
        if ready.is_empty() {
            break;
        }
        for step in ready {
            waiting.remove(&step);
        }
    }
    // Each step that is left waits for another that is left, so following them must come back to one seen before.
    let mut at = *waiting.keys().next()?;
    let mut path: Vec<usize> = Vec::new();
    while !path.contains(&at) {
        path.push(at);
        at = *waiting.get(&at)?.iter().find(|need| waiting.contains_key(need))?;
    }
    let start = path.iter().position(|step| *step == at)?;
    Some(path.split_off(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_and_a_diamond_have_no_circle() {
        assert_eq!(circle(&[vec![], vec![0], vec![1]]), None);
        assert_eq!(circle(&[vec![], vec![0], vec![0], vec![1, 2]]), None);
        assert_eq!(circle(&[]), None);
    }

    #[test]
    fn a_circle_is_found_and_what_only_hangs_on_it_is_left_out() {
        let mut found = circle(&[vec![1], vec![2], vec![3], vec![1]]).unwrap();
        found.sort_unstable();
        assert_eq!(found, [1, 2, 3]);
        assert_eq!(circle(&[vec![0]]), Some(vec![0]));
    }
}
