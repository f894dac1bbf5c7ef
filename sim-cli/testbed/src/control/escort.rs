//! One slot's node through its lives. A process has one life; a node from elsewhere has them all.

use std::sync::Arc;
use std::time::Duration as Span;

use floodnet_core::time::Duration;
use tokio::time::{sleep_until, timeout};

use super::super::resident::Stage;
use super::super::script::{Ending, Script};
use super::troop::{Member, Troop};
use super::words::{News, Order};

/// Time for a node to report what it has seen, when its life is over.
const REPORT: Span = Span::from_secs(5);
/// Time to end, beyond what goodbyes may take.
const END: Span = Span::from_secs(3);

/// Sees to it that the slot of `member` lives its lives.
///
/// # Errors
/// A node failed, or none came up for a later life.
pub(super) async fn escort(
    troop: Arc<Troop>,
    stage: Stage,
    scripts: Vec<Script>,
    member: Member,
) -> Result<(), String> {
    let slot = member.slot;
    let mut next = Some(member);
    for script in scripts {
        let mut member = match next.take() {
            Some(member) => member,
            None => match stage.over.run_until_cancelled(raise(&troop, slot)).await {
                Some(member) => member?,
                None => return Ok(()),
            },
        };
        stage.road.expect(slot, &script);
        member.order(Order::Live(script.clone()));
        let was_whole = see_through(&troop, &stage, &script, &mut member).await?;
        let patience = stage.clock.real(Duration::from_secs(2)) + END;
        match script.ending {
            _ if !was_whole || member.process.is_none() => next = Some(member),
            Ending::WithRun => member.dismiss(patience).await,
            // Its successor has the same address.
            Ending::Leave if member.has_network() => member.dismiss(patience).await,
            Ending::Leave => drop(stage.leaving.spawn(member.dismiss(patience))),
            Ending::Reset | Ending::Silent => member.kill().await,
        }
        if !was_whole {
            break;
        }
    }
    if let Some(member) = next {
        member.dismiss(END).await;
    }
    Ok(())
}

async fn raise(troop: &Arc<Troop>, slot: u32) -> Result<Member, String> {
    let mut member = troop.raise(slot).await?;
    troop.brief(&mut member).await?;
    Ok(member)
}

/// Waits until a life is over. False if the run was over first.
async fn see_through(
    troop: &Troop,
    stage: &Stage,
    script: &Script,
    member: &mut Member,
) -> Result<bool, String> {
    let falls_silent = script.ending == Ending::Silent;
    let stop = stage.clock.instant(script.stop);
    let mut is_silent = false;
    loop {
        tokio::select! {
            news = member.line.news.recv() => {
                if falls_silent && !is_silent {
                    stage.road.silence(member.slot);
                }
                return match news {
                    Some(News::Over { latest, clock_error }) => {
                        stage.lateness.note(Duration::from_nanos(latest));
                        troop.note_clock(clock_error);
                        Ok(true)
                    }
                    other => Err(member.unexpected(other).await),
                };
            }
            () = stage.alarm.until(stop.into_std()), if falls_silent && !is_silent => {
                stage.road.silence(member.slot);
                is_silent = true;
            }
            () = sleep_until(stop + REPORT) => {
                return Err(format!("the node of slot {} does not say that its life is over", member.slot));
            }
            () = stage.over.cancelled() => {
                member.order(Order::Stop);
                // Whatever it says, or does not.
                let _ = timeout(REPORT, member.line.news.recv()).await;
                return Ok(false);
            }
        }
    }
}
