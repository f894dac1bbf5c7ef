//! Any of the built-in overlays, and any of the built-in broadcasts, each as one type.
//!
//! A program compiles an engine for every protocol that it runs. With one type for all overlays and one for all
//! broadcasts, a new protocol of either layer costs one engine, whatever number of others it is combined with. The price
//! is paid by runs: a look at which it is for each input, and messages as large as the largest.
//!
//! On the wire a message of `any` is no longer than that of the protocol itself: which one it is stands in the byte that
//! says its layer.

/// `Debug` as if it were alone: traces say the same of a protocol, whatever engine runs it.
macro_rules! shown_as_itself {
    ($any:ident: $($variant:ident)*) => {
        impl fmt::Debug for $any {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self { $(Self::$variant(one) => one.fmt(f),)* }
            }
        }
    };
}

/// Makes of several protocols of one layer the types of one: its messages, timers, settings and table, and what they
/// have in common.
macro_rules! any {
    (
        $(#[$about:meta])* $any:ident, $message:ident, $timer:ident, $config:ident:
        $($variant:ident = $number:literal $node:ty;)*
    ) => {
        $(#[$about])*
        #[expect(missing_docs, reason = "the names are those of the protocols")]
        pub enum $any { $($variant($node),)* }

        /// What nodes say to each other.
        #[derive(Clone)]
        pub enum $message { $($variant(<$node as Types>::Message),)* }

        /// What a timer brings back.
        #[derive(Clone)]
        pub enum $timer { $($variant(<$node as Types>::Timer),)* }

        /// The settings of all nodes.
        #[derive(Clone, Debug)]
        pub enum $config { $($variant(<$node as Types>::Config),)* }

        shown_as_itself!($any: $($variant)*);
        shown_as_itself!($message: $($variant)*);
        shown_as_itself!($timer: $($variant)*);

        impl $message {
            /// What it is for.
            fn class(&self) -> MessageClass {
                match self { $(Self::$variant(message) => <$node>::class(message),)* }
            }

            /// What it is, in a word.
            fn word(&self) -> &'static str {
                match self { $(Self::$variant(message) => <$node>::kind(message),)* }
            }
        }

        impl $config {
            /// What the messages of nodes with these settings are for.
            fn classes(&self) -> Classes {
                match self { $(Self::$variant(config) => <$node>::classes(config),)* }
            }
        }

        impl Wire for $message {
            const VARIANTS: u8 = [$($number),*].len() as u8;

            fn variant(&self) -> u8 {
                match self { $(Self::$variant(_) => $number,)* }
            }
            #[inline]
            fn variant_size(&self) -> u32 {
                match self { $(Self::$variant(message) => message.size(),)* }
            }
            fn encode_variant(&self, out: &mut Vec<u8>) {
                match self { $(Self::$variant(message) => message.encode(out),)* }
            }
            fn decode_variant(variant: u8, input: &mut &[u8]) -> Result<Self, DecodeError> {
                match variant {
                    $($number => Wire::decode(input).map(Self::$variant),)*
                    kind => Err(DecodeError::Kind(kind)),
                }
            }
            fn size(&self) -> u32 {
                self.variant_size().saturating_add(1)
            }
            fn encode(&self, out: &mut Vec<u8>) {
                out.push(self.variant());
                self.encode_variant(out);
            }
            fn decode(input: &mut &[u8]) -> Result<Self, DecodeError> {
                let [variant] = take(input)?;
                Self::decode_variant(variant, input)
            }
        }

        $(impl<E: Effects<$any>> Effects<$node> for Side<'_, E> {
            fn send(&mut self, to: u32, message: <$node as Types>::Message) {
                self.0.send(to, $message::$variant(message));
            }
            fn set_timer(&mut self, after: Duration, timer: <$node as Types>::Timer) {
                self.0.set_timer(after, $timer::$variant(timer));
            }
            fn disconnect(&mut self, peer: u32) {
                self.0.disconnect(peer);
            }
            fn emit(&mut self, event: <$node as Types>::Event) {
                self.0.emit(event);
            }
        })*

        impl Invariants for $any {
            fn states(config: &$config) -> &'static [&'static str] {
                match config { $($config::$variant(config) => <$node>::states(config),)* }
            }
            fn state(&self, config: &$config) -> Option<&'static str> {
                match (self, config) {
                    $((Self::$variant(node), $config::$variant(config)) => node.state(config),)*
                    // A node is made from its settings.
                    _ => None,
                }
            }
            fn promise(config: &$config, promises: &mut Promises) {
                match config { $($config::$variant(config) => <$node>::promise(config, promises),)* }
            }
            fn walk(message: &$message) -> Option<Walk<u32>> {
                match message { $($message::$variant(message) => <$node>::walk(message),)* }
            }
            fn stored(&self, config: &$config, report: &mut dyn FnMut(Stored)) {
                match (self, config) {
                    $((Self::$variant(node), $config::$variant(config)) => node.stored(config, report),)*
                    _ => {}
                }
            }
            fn static_neighbors(config: &$config, peer: u32) -> Option<&[u32]> {
                match config { $($config::$variant(config) => <$node>::static_neighbors(config, peer),)* }
            }
        }
    };
}

/// The tables of several protocols as one.
macro_rules! any_table {
    ($table:ident: $($variant:ident = $word:literal $settings:ty;)*) => {
        /// A table of one of them, with its name around it.
        #[derive(Clone, Debug, Deserialize, Serialize, JsonSchema)]
        pub enum $table { $(#[serde(rename = $word)] $variant($settings),)* }

        impl CheckedTable for $table {
            const IS_NAMED: bool = true;
        }
    };
}

// Modules see only the macros that come before them.
mod broadcast;
mod overlay;

pub use broadcast::AnyBroadcast;
pub use overlay::AnyOverlay;

/// A message, timer or table of several protocols cannot be one of another: nodes of a run have the same settings.
const OTHER: &str = "other_protocol";

/// Takes the effects of one protocol for those of any.
struct Side<'a, E>(&'a mut E);
