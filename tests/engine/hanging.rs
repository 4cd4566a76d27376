//! A Region that hangs ages its own readings and delays nothing else.

use std::time::Duration;

use handover::domain::board::Board;
use handover::domain::gate::Sight;
use handover::domain::reading::{Freshness, Key};
use handover::domain::region::Place;
use handover::ports::Clock as _;

use crate::rig::Rig;

#[tokio::test(start_paused = true)]
async fn the_healthy_sides_readings_stay_fresh_and_its_plans_quick() {
    let rig = Rig::short("region-outage");
    let mut desk = rig.boot();
    let mut board = Board::default();
    desk.pass(60).await;
    for _ in 0..120 {
        for event in desk.pass(5).await {
            if let handover::domain::command::Event::Looked { component, place, at, fresh_for, result } = event {
                board.record(&component, &place, at, fresh_for, &result);
            }
        }
        let (direction, home, now) = (rig.service.failover(), rig.service.regions.clone(), rig.clock.now());
        let sight = Sight { board: &board, direction: &direction, home: &home, now };
        let place = Place::Region(home.standby.clone());
        let look = |component: &str, place: &Place, fact: &str| {
            sight.board.evidence(&Key::new(component, place, fact), now).freshness
        };
        if board.get(&Key::new("database", &place, "status")).is_some() {
            for (component, fact) in [("database", "status"), ("database", "in_recovery"), ("secrets", "exists")] {
                assert_eq!(look(component, &place, fact), Freshness::Fresh, "{component} {fact}");
            }
        }
        let gone = Place::Region(home.primary.clone());
        assert_ne!(look("database", &gone, "status"), Freshness::Fresh);
        let asked = rig.clock.mono();
        desk.plan("promote").await.unwrap();
        let took = rig.clock.mono().saturating_sub(asked);
        assert!(took < Duration::from_secs(1), "{took:?}");
    }
}
