//! A console to test with: the Fineract preset on made-up readings and entries, driven by messages alone.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use handover::app::model::Due;
use handover::app::{Capabilities, Effect, Key, Keymap, Model, Msg, Opening, Role, update};
use handover::config::theme;
use handover::config::{Project, locate};
use handover::domain::command::Event;
use handover::domain::consent::{Consent, How};
use handover::domain::gate::{GateResult, Verdict};
use handover::domain::journal::{Body, Chain, Files, OutcomeOf};
use handover::domain::plan::{Basis, Call, Plan};
use handover::domain::reading::{Evidence, Fact, Freshness, Health, Observation, Unread, Value, Why};
use handover::domain::redact::Redactor;
use handover::domain::region::{Place, Region};
use handover::domain::run::{Ending, Mode, Run};
use handover::domain::runbook::Hazard;
use handover::domain::timeline::Milestone;
use handover::ui::{Depth, Layout, Seen, Skin, look};
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::layout::Rect;

/// The start of the run.
pub(crate) const START: i64 = 1_800_000_000;

/// A console with its own journal and clock.
pub(crate) struct Console {
    /// The model.
    pub(crate) model: Model,
    /// Every effect so far.
    pub(crate) effects: Vec<Effect>,
    /// What was drawn last.
    pub(crate) seen: Option<Seen>,
    /// And as it was, and how it looked.
    last: Option<Buffer>,
    looks: Option<(Depth, bool)>,
    chain: Chain,
    now: i64,
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(START + second).unwrap()
}

pub(crate) fn east() -> Region {
    "us-east-1".parse().unwrap()
}

pub(crate) fn west() -> Region {
    "us-west-2".parse().unwrap()
}

impl Console {
    pub(crate) fn new(role: Role) -> Self {
        let project = Project::from_preset(&locate::preset("fineract").unwrap());
        let service = Arc::new(project.service().unwrap().clone());
        let runbook = project.runbook("failover").unwrap().clone();
        let run = Run::new(&service.name, runbook, Mode::Simulation, service.failover());
        let model = Model::new(Opening {
            service,
            runbooks: project.runbooks.clone().into(),
            run,
            journal: Vec::new(),
            role,
            operator: "anna".into(),
            speed: 1.0,
            keymap: Keymap::built_in(),
            capabilities: Capabilities { unicode: true, copy: true },
            now: at(0),
        });
        let mut console = Self {
            model,
            effects: Vec::new(),
            seen: None,
            last: None,
            looks: None,
            chain: Chain::new(Redactor::default()),
            now: 0,
        };
        let direction = console.model.run.direction.clone();
        console.entry(Body::RunOpened {
            run: "20270115-0800-failover".into(),
            service: "fineract-production".into(),
            runbook: "failover".into(),
            mode: Mode::Simulation,
            direction,
            files: Files { service: "0".into(), runbook: "0".into() },
            tool: "0.1.0".into(),
            host: "bastion".into(),
            shared_terminal: None,
            scenario: Some("region-outage".into()),
        });
        console
    }

    /// A console on an outage: the primary Region hangs.
    pub(crate) fn outage(role: Role) -> Self {
        let mut console = Self::new(role);
        console.standby_answers();
        console.primary_was_well(-700);
        console.tick(0);
        console.primary_hangs();
        console
    }

    pub(crate) fn send(&mut self, msg: Msg) {
        let effects = update(&mut self.model, msg);
        self.effects.extend(effects);
    }

    pub(crate) fn engine(&mut self, event: Event) {
        self.send(Msg::Engine(event));
    }

    pub(crate) fn tick(&mut self, seconds: i64) {
        self.now += seconds;
        self.send(Msg::Tick(at(self.now)));
    }

    pub(crate) fn entry(&mut self, body: Body) {
        self.entry_by("anna", body);
    }

    pub(crate) fn entry_by(&mut self, by: &str, body: Body) {
        let mono = Duration::from_secs(u64::try_from(self.now.max(0)).unwrap());
        let sealed = self.chain.seal(at(self.now), mono, by, body).unwrap();
        self.chain.advance(&sealed);
        self.engine(Event::Entry(Arc::new(sealed.entry)));
    }

    /// Types keys, each in sight of whatever is open: a word such as `enter`, else character by character.
    pub(crate) fn keys(&mut self, keys: &str) {
        for word in keys.split(' ') {
            match word.parse::<Key>() {
                Ok(key) => self.key(key),
                Err(_) => word.chars().for_each(|c| self.key(Key::char(c))),
            }
        }
    }

    pub(crate) fn key(&mut self, key: Key) {
        self.send(Msg::Drawn(at(self.now)));
        let pressed = at(self.now) + Duration::from_secs(1);
        self.send(Msg::Key { key, repeat: false, at: pressed });
    }

    pub(crate) fn looked(
        &mut self,
        component: &str,
        place: Place,
        age: i64,
        fresh: u64,
        result: Result<Observation, Unread>,
    ) {
        self.engine(Event::Looked {
            component: component.into(),
            place,
            at: at(self.now - age),
            fresh_for: Duration::from_secs(fresh),
            result: Arc::new(result),
        });
    }

    pub(crate) fn standby_answers(&mut self) {
        let west = || Place::Region(west());
        self.looked("endpoint", west(), 0, 15, seen(Health::Healthy, "200 in 48 ms", &[("health", text("healthy"))]));
        let facts = [
            ("status", text("available")),
            ("role", text("replica")),
            ("replication", text("replicating")),
            ("backing_up", Value::Bool(false)),
            ("replay_age", Value::Seconds(723.2)),
            ("takes_writes", Value::Bool(false)),
        ];
        let says = "no replay for 12m, replica available";
        self.looked("database", west(), 3, 15, seen(Health::Degraded, says, &facts));
        self.looked(
            "secrets",
            west(),
            20,
            90,
            seen(Health::Healthy, "in sync, same version", &[("exists", Value::Bool(true))]),
        );
        let cluster = [
            ("reachable", Value::Bool(true)),
            ("nodes_ready", Value::Number(2.0)),
            ("available", Value::Bool(false)),
            ("auto_sync", Value::Bool(true)),
        ];
        self.looked("cluster", west(), 6, 90, seen(Health::Degraded, "scaled to zero", &cluster));
        let reports = [("exists", Value::Bool(true)), ("versioning", text("Enabled"))];
        self.looked("reports", west(), 20, 180, seen(Health::Healthy, "no rule towards us-east-1", &reports));
        let backups = [("restored", text("absent")), ("ready", Value::Bool(false))];
        self.looked("backups", west(), 20, 180, seen(Health::Healthy, "no snapshot here", &backups));
        let series =
            (0..49).map(|i| (at(-3600 + i * 60), (i % 17 != 9).then(|| 1.0 + f64::from((i * 7 % 5) as i32)))).collect();
        let mut metrics = Observation::new("cloudwatch:GetMetricData us-west-2");
        metrics.facts.push(Fact { name: "lag".into(), value: Value::Seconds(3.2), at: Some(at(-720)) });
        metrics.fact("lag_series", Value::Series(series));
        metrics.glance(Health::Degraded, "1 in alarm: fineract-production-replica-lag");
        self.looked("metrics", west(), 12, 180, Ok(metrics));
        let dns = [("answers", text("us-east-1")), ("points_at", text("us-east-1"))];
        self.looked(
            "traffic",
            Place::Global,
            4,
            30,
            seen(Health::Degraded, "us-east-1, 4/4 authoritative, 3/3 resolvers", &dns),
        );
        self.looked(
            "endpoint",
            Place::Global,
            1,
            15,
            seen(Health::Down, "timeout after 5.0 s", &[("health", text("unhealthy"))]),
        );
        self.looked("secrets", Place::Global, 700, 90, seen(Health::Healthy, "equal", &[("equal", Value::Bool(true))]));
    }

    pub(crate) fn primary_was_well(&mut self, when: i64) {
        let east = || Place::Region(east());
        self.looked(
            "database",
            east(),
            -when,
            15,
            seen(Health::Healthy, "primary available, takes writes", &[("status", text("available"))]),
        );
        self.looked("secrets", east(), -when, 90, seen(Health::Healthy, "present", &[("exists", Value::Bool(true))]));
        self.looked("backups", east(), -when, 180, seen(Health::Healthy, "newest backup 5h old", &[]));
        let available = [("available", Value::Bool(true))];
        self.looked("cluster", east(), -when, 90, seen(Health::Healthy, "9 of 9 ready", &available));
        self.looked("reports", east(), -when, 180, seen(Health::Healthy, "rule towards us-west-2 enabled", &[]));
    }

    pub(crate) fn primary_hangs(&mut self) {
        let east = || Place::Region(east());
        self.looked(
            "endpoint",
            east(),
            0,
            15,
            seen(Health::Down, "timeout after 5.0 s", &[("health", text("unhealthy"))]),
        );
        self.looked("database", Place::Global, 0, 15, Err(Unread::new(Why::TimedOut, "no answer in 3 s")));
        for component in ["database", "backups", "cluster", "secrets", "reports", "metrics"] {
            self.looked(component, east(), 0, 15, Err(Unread::new(Why::TimedOut, "no answer in 5 s")));
        }
    }

    pub(crate) fn settle(&mut self, step: &str, ending: Ending, says: &str) {
        self.entry(Body::Settled { step: step.into(), ending, says: says.into(), evidence: vec![] });
    }

    /// Everything up to the promotion is over, and its plan is on the screen.
    pub(crate) fn at_promotion(&mut self) {
        self.entry(Body::Milestone { milestone: Milestone::ImpactBegan, when: at(-761), source: "the pager".into() });
        let before: Vec<String> =
            self.model.run.runbook.steps().map(|(_, step)| step.id.clone()).take_while(|id| id != "promote").collect();
        for id in before {
            let ending = if id == "fence" { Ending::RiskAccepted } else { Ending::Attested };
            self.settle(&id, ending, "so it is");
        }
        self.tick(1);
        let index = self.model.rows.iter().position(|row| row.id == "promote").unwrap();
        self.model.selected = index;
        self.tick(1);
    }

    pub(crate) fn planned(&mut self, plan: Plan, gates: Vec<GateResult>) {
        self.engine(Event::Planned { step: plan.step.clone(), result: Ok((Arc::new(plan), gates)) });
    }

    pub(crate) fn arm(&mut self) {
        self.entry(Body::Armed);
    }

    /// Goes from the confirmed plan to a call that settles.
    pub(crate) fn settling(&mut self) {
        let plan = promote();
        let plan_hash = plan.hash();
        let step = || String::from("promote");
        let how = How::Typed { phrase: "promote us-west-2".into() };
        let consent = Consent { plan: plan_hash.clone(), operator: "anna".into(), at: at(self.now), how };
        self.entry(Body::Plan {
            step: step(),
            plan: Box::new(plan),
            plan_hash: plan_hash.clone(),
            gates: gates(false),
        });
        self.entry(Body::Consent { step: step(), consent });
        self.entry(Body::Intent { step: step(), plan_hash, attempt: 1, evidence: vec![] });
        let request_id = Some("8d1a3c4e-5f60-4b7a-9c8d-1e2f3a4b5c6d".into());
        self.entry(Body::Attempt {
            step: step(),
            attempt: 1,
            request: 1,
            request_id,
            took_ms: 412,
            answer: "200 OK".into(),
        });
        let outcome = OutcomeOf::Accepted { answer: "status modifying".into(), handle: None };
        self.entry(Body::Outcome { step: step(), attempt: 1, outcome });
        self.tick(80);
        self.standby_answers();
        self.primary_hangs();
        let text = "status modifying, still a replica".into();
        self.engine(Event::Progress { step: step(), text, next: Some(at(self.now + 4)) });
        self.tick(1);
    }

    /// Draws, and says so to the model.
    pub(crate) fn draw(&mut self, width: u16, height: u16, depth: Depth, unicode: bool) -> Buffer {
        self.draw_at(width, height, depth, unicode, at(self.now))
    }

    /// The same at a moment of the wall clock.
    pub(crate) fn draw_at(&mut self, width: u16, height: u16, depth: Depth, unicode: bool, wall: Timestamp) -> Buffer {
        let skin = skin(depth, unicode);
        let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let mut seen = None;
        terminal.draw(|frame| seen = Some(look(&self.model, &skin, frame.buffer_mut()))).unwrap();
        let seen = seen.unwrap();
        let drawn = terminal.backend().buffer().clone();
        if let Some((seen, last)) = self.seen.take().zip(self.last.take()).filter(|(_, last)| last.area == drawn.area) {
            // What is painted alike looks alike: the console neither paints such lines nor looks at them again.
            let mut over = last.clone();
            let same = self.looks == Some((depth, unicode));
            let (_, kept) =
                handover::ui::draw(&self.model, &skin, &mut over, Due::Everything, Some(seen).filter(|_| same));
            assert_eq!(lines(&over), lines(&drawn));
            for ((now, before), kept) in lines(&drawn).iter().zip(lines(&last)).zip(kept) {
                assert!(!kept || *now == before);
            }
        }
        self.send(Msg::Sight(seen.sight));
        self.send(Msg::Drawn(wall));
        (self.seen, self.last, self.looks) = (Some(seen), Some(drawn.clone()), Some((depth, unicode)));
        drawn
    }

    /// What stands below the banner.
    pub(crate) fn below_the_banner(&self, (width, height): (u16, u16)) -> Vec<Cell> {
        let (buffer, _) = self.whole((width, height));
        let above = Layout::of(buffer.area, &self.model).banner.height;
        lines(&buffer).into_iter().skip(usize::from(above)).flatten().collect()
    }

    /// The whole drawing.
    pub(crate) fn whole(&self, (width, height): (u16, u16)) -> (Buffer, Seen) {
        let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
        let seen = look(&self.model, &skin(Depth::Indexed, true), &mut buffer);
        (buffer, seen)
    }

    /// Where nothing but the selection is due, it is drawn over what was: all must look as if all of it had been drawn, and no line
    /// that differs may be called untouched. Gives whether that was due.
    pub(crate) fn selection_over(&mut self, (was, seen): (Buffer, Seen)) -> bool {
        if self.model.take_due() != Due::Selection {
            return false;
        }
        let (whole, all) = self.whole((was.area.width, was.area.height));
        let mut over = was.clone();
        let (seen, kept) =
            handover::ui::draw(&self.model, &skin(Depth::Indexed, true), &mut over, Due::Selection, Some(seen));
        for (y, ((over, whole), was)) in lines(&over).iter().zip(lines(&whole)).zip(lines(&was)).enumerate() {
            assert_eq!(*over, whole, "line {y} of {:?}", self.model.screens.shown);
            assert!(!kept[y] || *over == was, "line {y} was drawn over");
        }
        let sorted = |seen: &Seen| {
            let mut spots: Vec<String> = seen.spots.iter().map(|spot| format!("{spot:?}")).collect();
            spots.sort();
            spots
        };
        assert_eq!(sorted(&seen), sorted(&all));
        true
    }

    /// Clicks at a column and a line of what was drawn last.
    pub(crate) fn click(&mut self, column: u16, line: u16) {
        if let Some(spot) = self.seen.as_ref().and_then(|seen| seen.spot(column, line)) {
            self.send(Msg::Click(spot));
        }
    }

    /// Turns the wheel over it.
    pub(crate) fn wheel(&mut self, column: u16, line: u16, down: bool) {
        let spot = self.seen.as_ref().and_then(|seen| seen.spot(column, line));
        self.send(Msg::Wheel { spot, down });
    }
}

fn lines(buffer: &Buffer) -> Vec<Vec<Cell>> {
    buffer.content.chunks(usize::from(buffer.area.width).max(1)).map(<[Cell]>::to_vec).collect()
}

/// The looks of a console: a theme is read once, not with each of many thousand drawings.
fn skin(depth: Depth, unicode: bool) -> Arc<Skin> {
    type Made = Vec<((Depth, bool), Arc<Skin>)>;
    static MADE: Mutex<Made> = Mutex::new(Vec::new());
    let mut made = MADE.lock().unwrap();
    if let Some((_, skin)) = made.iter().find(|(key, _)| *key == (depth, unicode)) {
        return Arc::clone(skin);
    }
    let skin = Arc::new(Skin::new(&theme::built_in("dark").unwrap(), depth, unicode));
    made.push(((depth, unicode), Arc::clone(&skin)));
    skin
}

pub(crate) fn text(word: &str) -> Value {
    Value::Text(word.into())
}

#[allow(clippy::unnecessary_wraps)] // What a look at a component gives.
pub(crate) fn seen(health: Health, summary: &str, facts: &[(&str, Value)]) -> Result<Observation, Unread> {
    let mut seen = Observation::new("test");
    for (name, value) in facts {
        seen.fact(name, value.clone());
    }
    seen.glance(health, summary);
    Ok(seen)
}

pub(crate) fn promote() -> Plan {
    let region = west();
    Plan {
        step: "promote".into(),
        component: "database".into(),
        action: "promote".into(),
        direction: handover::domain::region::Direction { source: east(), target: west() },
        on: Place::Region(region),
        call: Call {
            service: "rds".into(),
            operation: "PromoteReadReplica".into(),
            control_plane: "us-west-2".into(),
            params: vec![("DBInstanceIdentifier".into(), "fineract-production-replica".into()), ("BackupRetentionPeriod".into(), "7".into())],
        },
        by_hand: "aws rds promote-read-replica --region us-west-2 --db-instance-identifier fineract-production-replica --backup-retention-period 7".into(),
        hazard: Hazard::Irreversible,
        changes: vec!["fineract-production-replica becomes a primary of its own; it never follows us-east-1 again".into()],
        basis: vec![Basis { what: "status".into(), value: "available".into() }],
        gates: vec![],
        phrase: Some("promote us-west-2".into()),
        accepting: Some("the loss of what was committed after the last replicated change: 3.2 s of lag, seen 12 m ago".into()),
    }
}

pub(crate) fn gates(stale_lag: bool) -> Vec<GateResult> {
    let gate = |name: &str, verdict, value: &str, freshness, age: i64| GateResult {
        name: name.into(),
        verdict,
        evidence: Evidence {
            reading: "database.us-west-2.status".into(),
            value: value.into(),
            at: Some(at(-age)),
            freshness,
            source: "rds:DescribeDBInstances".into(),
        },
    };
    let mut gates = vec![
        gate("replica available", Verdict::Pass, "available", Freshness::Fresh, 3),
        gate("not backing up", Verdict::Pass, "no", Freshness::Fresh, 3),
    ];
    if stale_lag {
        gates.push(gate("lag within RPO", Verdict::Unknown, "3.2 s", Freshness::Stale, 720));
    } else {
        gates.push(gate("lag within RPO", Verdict::Pass, "3.2 s", Freshness::Fresh, 9));
    }
    gates
}

/// A screen as text: its lines, then which style each cell has, run by run, then what the styles are.
pub(crate) fn picture(buffer: &Buffer) -> String {
    let (mut lines, mut map) = (String::new(), String::new());
    let mut styles: BTreeMap<String, usize> = BTreeMap::new();
    let mut order: Vec<String> = Vec::new();
    for y in 0..buffer.area.height {
        let mut line = String::new();
        let mut runs: Vec<(usize, usize)> = Vec::new();
        for x in 0..buffer.area.width {
            let cell = &buffer[(x, y)];
            line.push_str(cell.symbol());
            let style = format!("{} on {} {:?}", cell.fg, cell.bg, cell.modifier);
            let index = *styles.entry(style.clone()).or_insert_with(|| {
                order.push(style);
                order.len() - 1
            });
            match runs.last_mut() {
                Some((last, count)) if *last == index => *count += 1,
                _ => runs.push((index, 1)),
            }
        }
        writeln!(lines, "{}", line.trim_end()).unwrap();
        let runs: Vec<String> = runs.iter().map(|(style, count)| format!("{style}x{count}")).collect();
        writeln!(map, "{}", runs.join(" ")).unwrap();
    }
    let mut out = format!("{lines}--- styles\n{map}---\n");
    for (index, style) in order.iter().enumerate() {
        writeln!(out, "{index}: {style}").unwrap();
    }
    out
}
