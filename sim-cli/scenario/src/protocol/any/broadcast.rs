//! Any of the built-in broadcasts as one type.

use std::fmt;

use floodnet_core::broadcast::{
    Broadcast, BroadcastCommand, BroadcastEvent, BroadcastEventOf, BroadcastInput, BroadcastInputOf,
};
use floodnet_core::builtin_broadcasts;
use floodnet_core::hostile::{Classes, MessageClass};
use floodnet_core::invariants::{Invariants, Promises, Stored, Walk};
use floodnet_core::measure::Measure;
use floodnet_core::observe::Carried;
use floodnet_core::protocol::{Context, Effects, Types};
use floodnet_core::time::Duration;
use floodnet_core::wire::{DecodeError, Wire, take};
use floodnet_sim::payload::SimPayload;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{OTHER, Side};
use crate::CheckedTable;
use crate::protocol::NamedBroadcast;

macro_rules! any_broadcast {
    ($($variant:ident = $number:literal [$($broadcast:tt)*] $($word:literal [$($table:tt)*])?;)*) => {
        any! {
            /// One of the built-in broadcasts.
            AnyBroadcast, AnyBroadcastMessage, AnyBroadcastTimer, AnyBroadcastConfig:
            $($variant = $number $($broadcast)*<u32, SimPayload>;)*
        }

        any_table! { AnyBroadcastTable: $($($variant = $word $($table)*;)?)* }

        impl Types for AnyBroadcast {
            type Peer = u32;
            type Message = AnyBroadcastMessage;
            type Timer = AnyBroadcastTimer;
            type Command = BroadcastCommand<SimPayload>;
            type Event = BroadcastEventOf<SimPayload>;
            type Config = AnyBroadcastConfig;
        }

        impl Broadcast for AnyBroadcast {
            type Payload = SimPayload;

            fn handle<E: Effects<Self>>(
                &mut self,
                input: BroadcastInputOf<Self>,
                view: &(impl AsRef<[u32]> + ?Sized),
                cx: &mut Context<'_, Self, E>,
            ) {
                match (self, cx.config) {
                    $((Self::$variant(node), AnyBroadcastConfig::$variant(config)) => {
                        let input = match input {
                            BroadcastInput::Start => BroadcastInput::Start,
                            BroadcastInput::Command(command) => BroadcastInput::Command(command),
                            BroadcastInput::Message { from, message: AnyBroadcastMessage::$variant(message) } => {
                                BroadcastInput::Message { from, message }
                            }
                            BroadcastInput::Timer(AnyBroadcastTimer::$variant(timer)) => BroadcastInput::Timer(timer),
                            BroadcastInput::NeighborUp(peer) => BroadcastInput::NeighborUp(peer),
                            BroadcastInput::NeighborDown(peer) => BroadcastInput::NeighborDown(peer),
                            BroadcastInput::Message { .. } | BroadcastInput::Timer(_) => {
                                return cx.emit(BroadcastEvent::Dropped(OTHER));
                            }
                        };
                        let mut side = Side(&mut *cx.effects);
                        let mut inner = Context { now: cx.now, config, rng: &mut *cx.rng, effects: &mut side };
                        node.handle(input, view, &mut inner);
                    })*
                    // A node is made from its settings.
                    _ => {}
                }
            }

            #[inline]
            fn carried(message: &AnyBroadcastMessage) -> Option<Carried<u32>> {
                match message {
                    $(AnyBroadcastMessage::$variant(message) => {
                        <$($broadcast)*<u32, SimPayload> as Broadcast>::carried(message)
                    })*
                }
            }

            fn class(message: &AnyBroadcastMessage) -> MessageClass {
                message.class()
            }

            fn classes(config: &AnyBroadcastConfig) -> Classes {
                config.classes()
            }

            fn kind(message: &AnyBroadcastMessage) -> &'static str {
                message.word()
            }

            fn measures(declare: &mut dyn FnMut(&'static Measure)) {
                $(<$($broadcast)*<u32, SimPayload> as Broadcast>::measures(declare);)*
            }
        }

        impl From<AnyBroadcastTable> for AnyBroadcastConfig {
            fn from(table: AnyBroadcastTable) -> Self {
                match table {
                    // Both share a table.
                    AnyBroadcastTable::Flood(table) if table.history.is_some() => Self::FloodWithHistory(table.into()),
                    $($(AnyBroadcastTable::$variant(table) => {
                        let table: $($table)* = table;
                        Self::$variant(table.into())
                    })?)*
                }
            }
        }

        impl NamedBroadcast for AnyBroadcast {
            const NAME: &'static str = "any";
            type Table = AnyBroadcastTable;

            fn node(slot: u32, config: &AnyBroadcastConfig) -> Self {
                match config {
                    $(AnyBroadcastConfig::$variant(config) => {
                        Self::$variant(<$($broadcast)*<u32, SimPayload> as NamedBroadcast>::node(slot, config))
                    })*
                }
            }
        }
    };
}

builtin_broadcasts!(any_broadcast!);
