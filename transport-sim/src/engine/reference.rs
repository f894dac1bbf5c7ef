//! A plain engine: the same slots, one heap in global time order. Slow, and too simple to be wrong.
//!
//! It is the oracle of the windowed engine: same plan, same digest.

use std::collections::BinaryHeap;

use crate::SimProtocol;
use crate::engine::agenda::{NOBODY, plan_inputs};
use crate::engine::shard::Slots;
use crate::engine::simulation::{Outcome, Simulation};
use crate::event::Event;
use crate::net::effects::Schedule;
use crate::observer::Observer;
use crate::spec::Complaint;

struct Heap<P: SimProtocol>(BinaryHeap<Event<P>>);

impl<P: SimProtocol> Schedule<P> for Heap<P> {
    fn push(&mut self, event: Event<P>) {
        self.0.push(event);
    }
}

impl<P: SimProtocol> Simulation<'_, P> {
    /// As [`run`](Self::run), in global time order by one heap. Slow, for tests: it checks the order of inputs and
    /// the windows, not the model of links and slots, which both engines share.
    ///
    /// # Errors
    /// The link model cannot be run; says why.
    pub fn run_by_heap<Ob: Observer>(&self, observer: &mut Ob) -> Result<Outcome<P>, Complaint> {
        let world = self.world();
        let plan = world.network.plan;
        world.network.links.check(plan.slots())?;
        let mut slots = Slots::new(0..plan.slots(), &world.network);
        let mut heap = Heap(BinaryHeap::new());
        for (input, seq) in plan_inputs(&world.network).into_iter().zip(0u32..) {
            heap.push(Event::plain(input.at, input.slot, NOBODY, seq, input.what(&world.network)));
        }
        let mut barriers = self.barriers().iter().copied().peekable();
        let (mut inputs, mut packets) = (0, 0);
        while let Some(event) = heap.0.pop() {
            if event.time >= plan.duration {
                heap.push(event);
                break;
            }
            // A sample at an instant comes before what happens at that instant.
            while let Some(barrier) = barriers.next_if(|barrier| *barrier <= event.time) {
                observer.sample(barrier);
            }
            inputs += 1;
            let (slot, links, counts) = slots.get(event.to);
            let mut runner = slot.runner((links, counts), &world, &mut heap, observer);
            runner.take(event);
            packets += runner.received;
        }
        barriers.for_each(|barrier| observer.sample(barrier));
        observer.sample(plan.duration);
        let mut outcome = Outcome { inputs, packets, ended_at: plan.duration, ..Outcome::nothing() };
        outcome.add_in_flight(heap.0.iter().filter_map(|event| event.what.message()));
        outcome.add_slots(slots);
        Ok(outcome)
    }
}
