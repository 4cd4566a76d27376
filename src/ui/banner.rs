//! Two lines: which run this is and which way it goes; then how it stands against what was promised.

use std::borrow::Cow;
use std::time::Duration;

use ratatui::layout::Rect;

use super::layout::{Layout, Tier};
use super::paint::{Painter, Pen, width};
use super::skin::Tone;
use super::words;
use crate::app::Model;
use crate::app::model::Role;
use crate::domain::disruption::for_users;
use crate::domain::duration::{age as short, clock};
use crate::domain::figures::{Figures, Kept, Span};
use crate::domain::replay::Position;
use crate::domain::run::Mode;
use crate::domain::service::Notify;
use crate::domain::timeline::Milestone;

/// A part of a line. The higher its rank, the sooner it gives way.
struct Part<'a> {
    text: Cow<'a, str>,
    tone: Tone,
    rank: u8,
    right: bool,
}

fn part<'a>(text: impl Into<Cow<'a, str>>, tone: Tone, rank: u8) -> Part<'a> {
    Part { text: text.into(), tone, rank, right: false }
}

fn right<'a>(text: impl Into<Cow<'a, str>>, tone: Tone, rank: u8) -> Part<'a> {
    Part { right: true, ..part(text, tone, rank) }
}

pub(super) fn draw(model: &Model, layout: &Layout, painter: &mut Painter<'_>) {
    let area = layout.banner;
    let gap = if layout.tier >= Tier::Standard { 2 } else { 1 };
    let narrow = area.width < NARROW;
    if narrow {
        return least(model, area, painter);
    }
    line(painter, Pen::line(area, 0), first(model, painter, layout.tier, narrow), gap);
    if area.height > 1 {
        line(painter, Pen::line(area, 1), second(model, painter, layout.tier, narrow), gap);
    }
}

/// Below this width, each thing has a line of its own.
const NARROW: u16 = 50;

/// How many lines it takes on the smallest screens.
pub(super) fn lines(screen: Rect) -> u16 {
    match (screen.width, screen.height) {
        (_, 0 | 1) => 1,
        (width, 3..) if width < NARROW => 3,
        _ => 2,
    }
}

/// On the smallest screens: the mode, the active Region and the running step, with as much beside them as there is room for.
fn least(model: &Model, area: Rect, painter: &mut Painter<'_>) {
    let running = running(model, painter.glyphs().running);
    match area.height {
        0 => {}
        1 => {
            let code = model.active().map_or("?", |region| region.as_str());
            let number = model.rows.iter().find(|row| model.state(&row.id).is_running()).map(|row| row.number.as_str());
            let mut parts = vec![badge(model, true), part(code, Tone::Title, 0)];
            parts.extend(number.map(|number| part(number, Tone::Accent, 0)));
            parts.extend(wrong_account(model, true));
            parts.push(standing(model, true));
            line(painter, Pen::line(area, 0), parts, 1);
        }
        2 => {
            let code = model.active().map_or("?", |region| region.as_str());
            let mut parts = vec![badge(model, true), part(code, Tone::Title, 0)];
            parts.extend(wrong_account(model, true));
            parts.push(standing(model, true));
            line(painter, Pen::line(area, 0), parts, 1);
            let second = running.map_or_else(|| second(model, painter, Tier::Tiny, true), |running| vec![running]);
            line(painter, Pen::line(area, 1), second, 1);
        }
        _ => {
            line(painter, Pen::line(area, 0), first(model, painter, Tier::Tiny, true), 1);
            line(painter, Pen::line(area, 1), second(model, painter, Tier::Tiny, true), 1);
            let third = running.map_or_else(|| vec![loss(model)], |running| vec![running]);
            line(painter, Pen::line(area, 2), third, 1);
        }
    }
}

/// The step that runs.
fn running<'a>(model: &'a Model, sign: &str) -> Option<Part<'a>> {
    let row = model.rows.iter().find(|row| model.state(&row.id).is_running())?;
    let title = model.step_of(row).map_or("", |step| step.title.as_str());
    Some(part(format!("{sign} {} {title}", row.number), Tone::Accent, 0))
}

fn line(painter: &mut Painter<'_>, pen: Pen, mut parts: Vec<Part<'_>>, gap: u16) {
    let between = usize::from(gap);
    while parts.len() > 1 && parts.iter().map(|part| width(&part.text) + between).sum::<usize>() > pen.room() + between
    {
        let Some(least) = parts.iter().map(|part| part.rank).max() else { break };
        if least == 0 {
            break;
        }
        parts.retain(|part| part.rank != least);
    }
    let mut pen = pen;
    for part in parts.iter().filter(|part| part.right).rev() {
        painter.put_right(&mut pen, &part.text, part.tone);
        pen.end = pen.end.saturating_sub(gap).max(pen.x);
    }
    for part in parts.iter().filter(|part| !part.right) {
        painter.put(&mut pen, &part.text, part.tone);
        pen.skip(gap);
    }
}

fn first<'a>(model: &'a Model, painter: &Painter<'_>, tier: Tier, narrow: bool) -> Vec<Part<'a>> {
    let glyphs = painter.glyphs();
    let run = &model.run;
    let mut parts = vec![badge(model, narrow)];
    parts.extend(environment(model, narrow));
    parts.extend(wrong_account(model, narrow));
    if let Some((_, _, since)) = &run.paused {
        parts.push(part(format!(" HELD {} ", short(model.since(*since))), Tone::Armed, u8::from(narrow)));
    }
    if run.ungraceful.is_some() {
        parts.push(part("UNGRACEFUL", Tone::Warn, 3));
    }
    if !narrow {
        parts.push(active(model));
    }
    parts.push(part(run.direction.source.as_str(), Tone::Source, 4));
    parts.push(part(glyphs.arrow, Tone::Dim, 4));
    parts.push(part(run.direction.target.as_str(), Tone::Target, 4));
    if tier != Tier::Compact {
        parts.push(part(&*model.service.name, Tone::Title, 6));
    }
    if tier >= Tier::Standard {
        parts.push(part(run.runbook.way.as_str(), Tone::Text, 8));
        let account = model.account.as_ref().filter(|account| account.wrong().is_none());
        parts.extend(account.map(|account| part(format!("account {account}"), Tone::Dim, 10)));
    }
    if let Some(replay) = &model.replay {
        let of = match run.mode {
            Mode::Live => "of a real run",
            Mode::Drill => "of a drill",
            Mode::Simulation => "of a simulation",
        };
        parts.push(part(of, Tone::Dim, 3));
        let Position { entry, entries, speed, playing } = replay.position;
        let pace = if playing { format!("{speed}x") } else { "paused".to_owned() };
        parts.push(right(format!("{}Z", model.now.strftime("%H:%M:%S")), Tone::Text, 2));
        parts.extend(
            run.armed.as_ref().filter(|_| !narrow).map(|who| right(format!("armed then: {who}"), Tone::Dim, 9)),
        );
        parts.push(right(pace, Tone::Accent, 1));
        let of = if narrow { format!("{entry}/{entries}") } else { format!("entry {entry} of {entries}") };
        parts.push(right(of, Tone::Title, 0));
        return parts;
    }
    if let Some(scenario) = &run.scenario {
        let speed = if model.speed > 1.0 { format!("{scenario} {}x", model.speed) } else { scenario.clone() };
        parts.push(part(speed, Tone::Dim, 9));
    }
    parts.push(right(format!("{}Z", model.now.strftime("%H:%M:%S")), Tone::Text, 5));
    parts.push(standing(model, narrow));
    parts
}

fn badge(model: &Model, narrow: bool) -> Part<'static> {
    match model.run.mode {
        _ if model.replay.is_some() => part(" REPLAY ", Tone::Simulation, 0),
        Mode::Live => part(" LIVE ", Tone::Live, 0),
        Mode::Drill => part(" DRILL ", Tone::Drill, 0),
        Mode::Simulation if narrow => part(" SIM ", Tone::Simulation, 0),
        Mode::Simulation => part(" SIMULATION ", Tone::Simulation, 0),
    }
}

/// What whoever sits here may do.
fn standing(model: &Model, narrow: bool) -> Part<'_> {
    let run = &model.run;
    match (&model.latched, &model.role, &run.armed, &run.closed) {
        (Some(_), ..) if narrow => right("READ-ONLY", Tone::Bad, 1),
        (Some(_), ..) => right("READ-ONLY: journal lost", Tone::Bad, 0),
        (_, Role::Observer { .. }, ..) if run.offered.is_some() => {
            let to = run.offered.as_ref().map_or("", |offer| offer.to.as_str());
            right(format!("nobody leads: handed to {to}"), Tone::Warn, 2)
        }
        (_, Role::Observer { lead }, ..) => right(format!("observer of {lead}"), Tone::Warn, 2),
        (.., Some((outcome, _))) => right(format!("closed: {}", outcome.as_str()), Tone::Ok, 2),
        (_, _, Some(_), _) if narrow => right(" ARMED ", Tone::Armed, 1),
        (_, _, Some(who), _) => right(format!(" ARMED: {who} "), Tone::Armed, 0),
        _ => right("read-only", Tone::Ok, 2),
    }
}

/// Whose service it is that is written to: production looks like nothing else, and a simulation writes to none.
fn environment(model: &Model, narrow: bool) -> Option<Part<'_>> {
    if model.run.mode == Mode::Simulation || model.replay.is_some() {
        return None;
    }
    let word = &model.service.environment;
    Some(match model.service.is_production() {
        true if narrow => part(" PROD ", Tone::Live, 1),
        true => part(" PRODUCTION ", Tone::Live, 0),
        false => part(word.as_str(), Tone::Title, 4),
    })
}

/// That every call would go to somebody else's account.
fn wrong_account(model: &Model, narrow: bool) -> Option<Part<'_>> {
    let account = model.account.as_ref().filter(|account| account.wrong().is_some())?;
    let words = if narrow { " WRONG ACCOUNT ".to_owned() } else { format!(" WRONG ACCOUNT {account} ") };
    Some(part(words, Tone::Irreversible, 0))
}

/// That nothing is read or written any more where a run goes on, as nobody is logged in, and what to do.
fn no_login(model: &Model) -> Option<Part<'_>> {
    if model.replay.is_some() || !model.lacks_credentials() {
        return None;
    }
    let says = match (&model.service.aws.profile, &model.service.aws.assume_role) {
        (Some(profile), None) => format!("no credentials: aws sso login --profile {profile}"),
        _ => "no credentials: log in to AWS again".to_owned(),
    };
    Some(part(says, Tone::Bad, 1))
}

fn second<'a>(model: &'a Model, painter: &Painter<'_>, tier: Tier, narrow: bool) -> Vec<Part<'a>> {
    let glyphs = painter.glyphs();
    let mut parts = Vec::new();
    if narrow {
        parts.push(active(model));
    }
    parts.extend(no_login(model));
    // The running step is on the screen at any size, and on every screen.
    if tier <= Tier::Small && !narrow {
        parts.extend(running(model, glyphs.running));
    } else if !narrow && (model.zoom || !model.screens.shown.has_steps()) {
        let row = model.rows.iter().find(|row| model.state(&row.id).is_running());
        parts.extend(row.map(|row| part(format!("{} {}", glyphs.running, row.number), Tone::Accent, 0)));
        let title = row.and_then(|row| model.step_of(row)).map(|step| step.title.as_str());
        parts.extend(title.map(|title| part(title, Tone::Accent, 6)));
    }
    if tier == Tier::Compact {
        parts.push(part(&*model.service.name, Tone::Title, 3));
    }
    let run = &model.run;
    let rto = model.service.objectives.rto;
    let figures = Figures::of(run, model.now);
    let (word, taken) = match (figures.total.time(), figures.execution.time()) {
        (Some(taken), _) => ("RTA", Some(taken)),
        (None, taken) => ("run", taken),
    };
    if let Some(taken) = taken {
        let over = taken > rto;
        let tone = if over { Tone::Bad } else { Tone::Text };
        parts.push(part(format!("{word} {} of {}", clock(taken), clock(rto)), tone, 1));
        let wide: u32 = if tier >= Tier::Standard { 15 } else { 8 };
        let full = taken.as_millis().saturating_mul(u128::from(wide)) / rto.as_millis().max(1);
        let full = usize::try_from(full).unwrap_or(usize::MAX).min(wide as usize);
        let bar = format!("{}{}", glyphs.full.repeat(full), glyphs.empty.repeat(wide as usize - full));
        parts.push(part(bar, if over { Tone::Bad } else { Tone::Accent }, 8));
        if run.timeline.get(Milestone::ImpactBegan).is_none() {
            parts.push(part("T0 not entered", Tone::Warn, 4));
        }
        if over {
            parts.push(part("RTO missed", Tone::Bad, 1));
        } else if let Some(serving) = figures.serving {
            parts.push(part(words::serving(serving), Tone::Text, 2));
        } else if let Some(forecast) = forecast(model, &figures) {
            let (says, tone) = if forecast > rto { (", late", Tone::Warn) } else { ("", Tone::Text) };
            parts.push(part(format!("forecast {}{says}", clock(forecast)), tone, 4));
        }
    }
    parts.extend(users(model));
    if let Span::SoFar(exposed) = figures.exposure {
        parts.push(part(format!("no standby for {}", clock(exposed)), Tone::Warn, 8));
    }
    if let (Span::SoFar(waited), true) = (figures.waiting, run.closed.is_none()) {
        parts.push(part(format!("waited {} for people", clock(waited)), Tone::Dim, 9));
    }
    if let Some(missing) = model.replay.as_ref().and_then(|replay| replay.missing.as_deref()) {
        parts.push(part(missing, Tone::Warn, 3));
    }
    parts.push(loss(model));
    parts.extend(untold(model, glyphs.bad));
    parts.push(right(format!("journal {} {}", glyphs.done, run.entries), Tone::Dim, 6));
    parts
}

/// When the recovery will have taken: what it has, and what the steps that are open are expected to.
fn forecast(model: &Model, figures: &Figures) -> Option<Duration> {
    let Span::SoFar(taken) = figures.total else { return None };
    let (left, to) = model.left;
    (to == "recovery").then_some(taken + left)
}

/// What the service's users meet with, as soon as it is anything but answers.
fn users(model: &Model) -> Option<Part<'_>> {
    let tallies = if model.disruption.is_empty() { &model.run.disruption } else { &*model.disruption };
    let tally = for_users(tallies, model.run.direction.target.as_str())?;
    let longest = tally.longest()?;
    let tone = match model.service.objectives.disruption.map(|limit| longest.within(limit)) {
        Some(Kept::Missed) => Tone::Bad,
        _ => Tone::Warn,
    };
    Some(match tally.failing() {
        Some((since, _)) => part(format!("users: no answer for {}", clock(model.since(since))), Tone::Bad, 5),
        None => part(format!("users: longest gap {longest}"), tone, 7),
    })
}

/// That a channel takes nothing, and how much waits for it.
fn untold(model: &Model, mark: &str) -> Option<Part<'static>> {
    let telling = &model.run.telling;
    let failing = model.service.notify.iter().filter(|notify| telling.failing(&notify.name).is_some());
    let owed = |notify: &Notify| telling.owed(&notify.name, notify.from).len();
    let (names, owed): (Vec<&str>, Vec<usize>) = failing.map(|notify| (notify.name.as_str(), owed(notify))).unzip();
    let name = match names.as_slice() {
        [] => return None,
        [name] => (*name).to_owned(),
        names => format!("{} channels", names.len()),
    };
    Some(part(format!("{name} {mark} {} waiting", owed.iter().sum::<usize>()), Tone::Bad, 3))
}

fn active(model: &Model) -> Part<'_> {
    match model.active() {
        Some(region) => part(format!("active {region}"), Tone::Title, 0),
        None => part("active ? unknown", Tone::Warn, 0),
    }
}

fn loss(model: &Model) -> Part<'_> {
    if let Some(loss) = &model.run.loss {
        return part(format!("loss {}", loss.brief()), Tone::Title, 2);
    }
    let (says, tone) = words::expected_loss(model);
    part(format!("expected loss {says} of {}", clock(model.service.objectives.rpo)), tone, 2)
}
