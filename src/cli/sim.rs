//! `handover sim`: the simulated Regions on a socket.

use std::net::SocketAddr;
use std::sync::Arc;

use clap::Args;
use color_eyre::eyre::{Result, WrapErr, eyre};
use jiff::Timestamp;
use tokio::net::TcpListener;

use super::options::{simulated, speed};
use super::{Status, surroundings};
use crate::domain::text;
use crate::ports::Clock as _;
use crate::sim::serve::{Served, serve};
use crate::sim::{Regions, SimClock, scenario};

/// `handover sim`.
#[derive(Debug, Args)]
pub(super) struct Sim {
    /// The preset, or a service file of your own to simulate
    #[arg(default_value = "fineract")]
    preset: String,
    /// Where to listen; on loopback alone, as anybody who can connect can call anything
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4599", value_parser = loopback)]
    listen: SocketAddr,
    /// What happens in the simulated Regions
    #[arg(long, value_name = "NAME", default_value = "region-outage",
          value_parser = clap::builder::PossibleValuesParser::new(scenario::names()))]
    scenario: String,
    /// How many times faster than time it goes
    #[arg(long, value_name = "N", default_value_t = 1.0, value_parser = speed)]
    speed: f64,
    /// What is drawn by chance is drawn from this
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
}

fn loopback(text: &str) -> Result<SocketAddr, String> {
    let addr: SocketAddr = text.parse().map_err(|_| "expected an address and a port, such as 127.0.0.1:4599")?;
    if addr.ip().is_loopback() { Ok(addr) } else { Err("expected a loopback address, such as 127.0.0.1".to_owned()) }
}

impl Sim {
    pub(super) fn run(&self) -> Result<Status> {
        let project = simulated(&self.preset)?;
        let Some(service) = project.service() else { return Err(eyre!("{}", project.diagnostics)) };
        let scenario = scenario::load(&self.scenario).map_err(|why| eyre!(why))?;
        let runtime = surroundings::runtime()?;
        runtime.block_on(async {
            let clock = Arc::new(SimClock::new(Timestamp::now(), self.speed));
            let regions = Regions::start(service, &scenario, self.seed, Arc::clone(&clock), None)?;
            let listener =
                TcpListener::bind(self.listen).await.wrap_err_with(|| format!("cannot listen on {}", self.listen))?;
            let address = listener.local_addr()?;
            let (primary, standby) = (&service.regions.primary, &service.regions.standby);
            say!("{} in {primary} and {standby}, simulated: {}", text::visible(&service.name), scenario.title);
            say!("listening on http://{address}; Ctrl-C ends it, and everything in it");
            say!("  AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any aws --endpoint-url http://{address} \\");
            say!("    --region {standby} rds describe-db-instances");
            let tell = move |served: &Served| say!("{}", line(&clock.now(), served));
            tokio::select! {
                () = serve(regions, listener, tell) => {}
                ended = tokio::signal::ctrl_c() => ended?,
            }
            Ok(Status::Ok)
        })
    }
}

/// `14:07:31Z us-west-2 rds:PromoteReadReplica 200`
fn line(now: &Timestamp, served: &Served) -> String {
    let status = served.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
    let called = match &served.called {
        Some(called) => format!("{} {}:{}", called.region, called.service, called.operation),
        None => "not signed".to_owned(),
    };
    text::bounded(&format!("{} {called} {status}", now.strftime("%H:%M:%SZ")), 300)
}
