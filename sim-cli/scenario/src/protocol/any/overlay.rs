//! Any of the built-in overlays as one type.

use std::fmt;

use floodnet_core::builtin_overlays;
use floodnet_core::hostile::{Classes, MessageClass, Pretense};
use floodnet_core::invariants::{Invariants, Promises, Stored, Walk};
use floodnet_core::measure::Measure;
use floodnet_core::overlay::{Fixed, Overlay, OverlayEvent};
use floodnet_core::protocol::{Context, Effects, Input, InputOf, Types};
use floodnet_core::time::Duration;
use floodnet_core::wire::{DecodeError, Wire, take};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{OTHER, Side};
use crate::protocol::{Given, NamedOverlay, Setting};
use crate::{CheckedTable, Complaint, StaticTable};

macro_rules! any_overlay {
    ($($variant:ident = $number:literal $word:literal $overlay:ty, $settings:ty;)*) => {
        any! {
            /// One of the built-in overlays.
            AnyOverlay, AnyOverlayMessage, AnyOverlayTimer, AnyOverlayConfig:
            $($variant = $number $overlay;)*
        }

        any_table! { AnyOverlayTable: $($variant = $word $settings;)* }

        impl Types for AnyOverlay {
            type Peer = u32;
            type Message = AnyOverlayMessage;
            type Timer = AnyOverlayTimer;
            type Command = core::convert::Infallible;
            type Event = OverlayEvent<u32>;
            type Config = AnyOverlayConfig;
        }

        impl Overlay for AnyOverlay {
            fn handle<E: Effects<Self>>(&mut self, input: InputOf<Self>, cx: &mut Context<'_, Self, E>) {
                match (self, cx.config) {
                    $((Self::$variant(node), AnyOverlayConfig::$variant(config)) => {
                        let input = match input {
                            Input::Start => Input::Start,
                            Input::Command(never) => match never {},
                            Input::Message { from, message: AnyOverlayMessage::$variant(message) } => {
                                Input::Message { from, message }
                            }
                            Input::Timer(AnyOverlayTimer::$variant(timer)) => Input::Timer(timer),
                            Input::LinkDown(peer) => Input::LinkDown(peer),
                            Input::Message { .. } | Input::Timer(_) => return cx.emit(OverlayEvent::Dropped(OTHER)),
                        };
                        let mut side = Side(&mut *cx.effects);
                        let mut inner = Context { now: cx.now, config, rng: &mut *cx.rng, effects: &mut side };
                        node.handle(input, &mut inner);
                    })*
                    // A node is made from its settings.
                    _ => {}
                }
            }

            #[inline]
            fn neighbors(&self) -> &[u32] {
                match self { $(Self::$variant(node) => node.neighbors(),)* }
            }

            fn chosen(&self) -> usize {
                match self { $(Self::$variant(node) => node.chosen(),)* }
            }

            fn class(message: &AnyOverlayMessage) -> MessageClass {
                message.class()
            }

            fn classes(config: &AnyOverlayConfig) -> Classes {
                config.classes()
            }

            fn forges(config: &AnyOverlayConfig) -> Classes {
                match config { $(AnyOverlayConfig::$variant(config) => <$overlay>::forges(config),)* }
            }

            fn forge(
                config: &AnyOverlayConfig,
                class: MessageClass,
                pretense: &Pretense<u32>,
            ) -> Option<AnyOverlayMessage> {
                match config {
                    $(AnyOverlayConfig::$variant(config) => {
                        <$overlay>::forge(config, class, pretense).map(AnyOverlayMessage::$variant)
                    })*
                }
            }

            fn lies(config: &AnyOverlayConfig) -> Classes {
                match config { $(AnyOverlayConfig::$variant(config) => <$overlay>::lies(config),)* }
            }

            fn lie(message: &mut AnyOverlayMessage, named: u32) -> bool {
                match message { $(AnyOverlayMessage::$variant(message) => <$overlay>::lie(message, named),)* }
            }

            fn unbounded(config: &mut AnyOverlayConfig) {
                match config { $(AnyOverlayConfig::$variant(config) => <$overlay>::unbounded(config),)* }
            }

            fn kind(message: &AnyOverlayMessage) -> &'static str {
                message.word()
            }

            fn measures(declare: &mut dyn FnMut(&'static Measure)) {
                $(<$overlay as Overlay>::measures(declare);)*
            }
        }

        impl NamedOverlay<Setting> for AnyOverlay {
            const NAME: &'static str = "any";
            type Table = AnyOverlayTable;

            fn config(table: AnyOverlayTable, setting: &Setting) -> Result<AnyOverlayConfig, Complaint> {
                Ok(match table {
                    $(AnyOverlayTable::$variant(table) => {
                        AnyOverlayConfig::$variant(<$overlay as NamedOverlay<Setting>>::config(table, setting)?)
                    })*
                })
            }

            fn node(slot: u32, config: &AnyOverlayConfig) -> Self {
                match config {
                    $(AnyOverlayConfig::$variant(config) => {
                        Self::$variant(<$overlay as NamedOverlay<Setting>>::node(slot, config))
                    })*
                }
            }

            fn target_degree(table: &AnyOverlayTable) -> Option<u32> {
                match table {
                    $(AnyOverlayTable::$variant(table) => <$overlay as NamedOverlay<Setting>>::target_degree(table),)*
                }
            }

            fn links(table: &AnyOverlayTable, slots: u32) -> Option<u64> {
                match table {
                    $(AnyOverlayTable::$variant(table) => <$overlay as NamedOverlay<Setting>>::links(table, slots),)*
                }
            }

            fn is_directed(table: &AnyOverlayTable) -> bool {
                match table {
                    $(AnyOverlayTable::$variant(table) => <$overlay as NamedOverlay<Setting>>::is_directed(table),)*
                }
            }

            fn given(table: &AnyOverlayTable) -> Result<Option<Given>, Complaint> {
                match table {
                    $(AnyOverlayTable::$variant(table) => <$overlay as NamedOverlay<Setting>>::given(table),)*
                }
            }
        }
    };
}

builtin_overlays!(any_overlay! Fixed = 3 "static" Fixed, StaticTable;);
