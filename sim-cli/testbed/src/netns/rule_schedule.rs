//! The rules of faults, put in force at the plan's times.

use std::sync::Arc;
use std::time::Duration as Span;

use floodnet_core::time::Time;

use super::hub::Hub;
use super::rules::changes;
use crate::run_context::RunContext;

/// So long before a change the program that makes it is started: then it waits for its input.
const AHEAD: Span = Span::from_millis(250);

/// Begins and ends faults as planned.
///
/// # Errors
/// The program of the rules fails; says why.
pub(crate) async fn apply_faults(hub: Arc<Hub>, context: RunContext) -> Result<(), String> {
    for at in changes(hub.plan()) {
        if !keep(&hub, &context, at).await? {
            break;
        }
    }
    Ok(())
}

/// Makes the change of `at`. False if the run was over before.
async fn keep(hub: &Arc<Hub>, context: &RunContext, at: Time) -> Result<bool, String> {
    let due = context.clock.instant(at).into_std();
    let ahead = due.checked_sub(AHEAD).unwrap_or(due);
    if context.over.run_until_cancelled(context.alarm.until(ahead)).await.is_none() {
        return Ok(false);
    }
    let said = |error: std::io::Error| format!("a fault did not change as planned: {error}");
    let here = Arc::clone(hub);
    let program = blocking(move || here.prepare_change()).await?.map_err(said)?;
    let is_on = context.waited_until(at).await;
    let input = if is_on { hub.change(at) } else { String::new() };
    blocking(move || program.tell(&input)).await?.map_err(said)?;
    if is_on {
        context.lateness.note(context.clock.now().since(at));
    }
    Ok(is_on)
}

async fn blocking<T: Send + 'static>(job: impl FnOnce() -> T + Send + 'static) -> Result<T, String> {
    tokio::task::spawn_blocking(job).await.map_err(|error| error.to_string())
}
