//! The simulated Regions: two Regions, time, what depends on what, and faults, behind the wire of AWS.
//!
//! [`world`] is pure: its state is a function of the service, the scenario, the seed, the accepted mutations with their
//! times, and the time. Nothing in it runs: every part is compiled into a timeline ([`steps`]) whenever a mutation is
//! accepted, and a question at a moment is a look-up. So an idle simulation costs nothing, and two processes that know
//! the same mutations agree on everything.
//!
//! Around it: [`wire`] speaks the protocols of AWS to the SDK's own clients, [`probes`] answers SQL, DNS and HTTP,
//! [`surprise`]s come at a moment of the run, for which a trap reads its journal; `channels` take what people would be told, [`program`] and [`commands`] stand in for external programs and [`kubectl`] for
//! that one, `trail` keeps journals, [`log`] keeps the mutations, [`regions`] ties them to a clock, and
//! [`serve`] opens them to other clients, the service's endpoints and what is so behind all that among them.

pub mod chance;
mod channels;
pub mod clock;
pub mod commands;
pub mod kubectl;
pub mod log;
mod plain;
pub mod probes;
pub mod program;
pub mod regions;
pub mod scenario;
pub mod serve;
pub mod steps;
pub mod surprise;
mod trail;
mod trap;
pub mod wire;
pub mod world;

pub use channels::channels;
pub use clock::SimClock;
pub use regions::Regions;
pub use scenario::Scenario;
pub use trap::Trap;
pub use world::mutation::Mutation;
pub use world::truth::Truth;
