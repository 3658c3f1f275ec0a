use tokio::time::{advance, sleep};

use super::*;

const MIB: u64 = 1024 * 1024;

fn admission(bodies: usize, bytes: u64) -> Arc<Admission> {
    Admission::new(BodyLimits {
        bodies,
        bytes,
        per_address: true,
    })
}

fn caller(key: &str, address: u8, connection: u64) -> Caller<'_> {
    Caller {
        key: (!key.is_empty()).then_some(key),
        address: IpAddr::from([192, 0, 2, address]),
        connection: ConnectionId(connection),
    }
}

/// Bodies of one caller, each on a connection of its own, until the caller gets no more at once.
async fn fill(admission: &Arc<Admission>, key: &str, address: u8) -> Vec<Admitted> {
    let mut admitted = Vec::new();
    loop {
        let caller = caller(
            key,
            address,
            1000 * u64::from(address) + admitted.len() as u64,
        );
        let admit = admission.admit(&caller, Some(1));
        match timeout(Duration::ZERO, admit).await {
            Ok(Ok(one)) => admitted.push(one),
            _ => return admitted,
        }
    }
}

async fn is_immediate(admission: &Arc<Admission>, caller: Caller<'_>) -> bool {
    let admit = admission.admit(&caller, Some(13));
    matches!(timeout(Duration::ZERO, admit).await, Ok(Ok(_)))
}

#[tokio::test(start_paused = true)]
async fn an_address_has_a_quarter_of_all_and_others_do_not_wait() {
    let admission = admission(256, MIB);
    let taken = fill(&admission, "", 1).await;
    assert_eq!(taken.len(), 64);
    assert!(is_immediate(&admission, caller("", 2, 1)).await);
    drop(taken);
    assert_eq!(admission.in_flight(), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn callers_without_a_key_leave_half_of_all_to_those_with_one() {
    let admission = admission(256, MIB);
    let mut taken = Vec::new();
    for address in 1..9 {
        taken.extend(fill(&admission, "", address).await);
    }
    assert_eq!(admission.in_flight().0, 128);
    assert!(is_immediate(&admission, caller("AKID", 9, 1)).await);
    drop(taken);
    assert_eq!(admission.in_flight().0, 0);
}

#[tokio::test(start_paused = true)]
async fn one_connection_has_a_share_of_its_own_and_its_bodies_wait_for_each_other() {
    let admission = admission(256, MIB);
    let same = caller("AKID", 1, 7);
    let mut taken = Vec::new();
    for _ in 0..4 {
        taken.push(admission.admit(&same, Some(1)).await.unwrap());
    }
    let next = tokio::spawn({
        let admission = admission.clone();
        async move {
            admission
                .admit(&caller("AKID", 1, 7), Some(1))
                .await
                .is_ok()
        }
    });
    sleep(Duration::from_millis(500)).await;
    assert!(!next.is_finished());
    assert!(is_immediate(&admission, caller("AKID", 1, 8)).await);
    taken[0].complete();
    assert!(next.await.unwrap());
}

#[tokio::test(start_paused = true)]
async fn bodies_that_do_not_arrive_lose_their_room_to_the_first_that_wants_one() {
    let admission = admission(256, MIB);
    let taken = fill(&admission, "AKID", 1).await;
    let began = Instant::now();
    let new = admission.admit(&caller("AKID", 1, 1), Some(13)).await;
    assert!(new.is_ok() && began.elapsed() < Duration::from_millis(1200));
    let lost = timeout(Duration::ZERO, taken[0].lost()).await.unwrap();
    assert_eq!(lost.bound, Bound::Bodies(Scope::Address));
    assert_eq!(lost.bound.setting(), "--bodies");
    drop(taken);
    assert_eq!(admission.in_flight(), (1, 13));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_arrives_steadily_keeps_its_place() {
    let admission = admission(256, 64 * MIB);
    let mut steady = admission
        .admit(&caller("AKID", 1, 1), Some(10 * MIB))
        .await
        .unwrap();
    let _idle = fill(&admission, "AKID", 1).await;
    for second in 1..=5 {
        advance(Duration::from_secs(1)).await;
        steady.arrived(second * 10_000).await.unwrap();
    }
    assert!(
        admission
            .admit(&caller("AKID", 1, 2), Some(1))
            .await
            .is_ok()
    );
    assert!(timeout(Duration::ZERO, steady.lost()).await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_key_that_others_claim_too_is_still_to_be_had_from_elsewhere() {
    let admission = admission(256, MIB);
    // Whoever knows the key's id fills its share, from two addresses.
    let mut taken = fill(&admission, "AKID", 1).await;
    taken.extend(fill(&admission, "AKID", 2).await);
    assert_eq!(taken.len(), 128);
    assert!(is_immediate(&admission, caller("AKID", 3, 1)).await);
}

#[tokio::test(start_paused = true)]
async fn bytes_are_counted_as_they_arrive_and_a_small_body_takes_them_from_a_large_one() {
    let admission = admission(256, 4 * MIB);
    let mut large = Vec::new();
    for address in 1..=2 {
        for connection in 1..=2 {
            let caller = caller("", address, u64::from(address) * 10 + connection);
            let mut body = admission.admit(&caller, Some(MIB)).await.unwrap();
            if admission.in_flight().1 < 2 * MIB {
                let _ = timeout(Duration::ZERO, body.arrived(MIB - 70_000)).await;
            }
            large.push(body);
        }
    }
    let (bodies, bytes) = admission.in_flight();
    assert!(bodies == 4 && bytes <= 2 * MIB, "{bodies} {bytes}");
    // The share of those without a key is full but for a little.
    let mut small = admission
        .admit(&caller("", 3, 99), Some(8192))
        .await
        .unwrap();
    small.arrived(8192).await.unwrap();
    assert!(admission.in_flight().1 <= 4 * MIB);
}

#[tokio::test(start_paused = true)]
async fn of_equal_large_bodies_that_can_not_all_be_held_most_arrive() {
    let admission = admission(256, 4 * MIB);
    let upload = |connection: u64| {
        let admission = admission.clone();
        tokio::spawn(async move {
            let caller = caller("AKID", 1, connection);
            let mut body = admission.admit(&caller, Some(MIB)).await?;
            for piece in 1..=16 {
                sleep(Duration::from_millis(10)).await;
                body.arrived(piece * MIB / 16).await?;
            }
            body.complete();
            Ok::<_, Refused>(())
        })
    };
    let uploads: Vec<_> = (0..8).map(upload).collect();
    let mut whole = 0;
    for upload in uploads {
        whole += usize::from(upload.await.unwrap().is_ok());
    }
    assert!(whole >= 2, "{whole}");
    assert_eq!(admission.in_flight(), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_says_which_bound_after_five_seconds() {
    let admission = admission(64, MIB);
    let mut steady = admission
        .admit(&caller("A", 1, 1), Some(MIB))
        .await
        .unwrap();
    let began = Instant::now();
    let waiting = tokio::spawn({
        let admission = admission.clone();
        async move {
            admission
                .admit(&caller("A", 1, 1), Some(1))
                .await
                .map(|_| ())
        }
    });
    for tick in 1..=60 {
        sleep(Duration::from_millis(100)).await;
        steady.arrived(tick * 1000).await.unwrap();
    }
    let refused = waiting.await.unwrap().unwrap_err();
    assert_eq!(refused.bound, Bound::Bodies(Scope::Connection));
    assert!(began.elapsed() >= Duration::from_secs(5));
    assert!(refused.to_string().contains("--bodies"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_large_body_is_counted_for_as_long_as_it_is_held() {
    let admission = admission(256, 4 * MIB);
    let mut body = admission
        .admit(&caller("A", 1, 1), Some(100_000))
        .await
        .unwrap();
    body.arrived(100_000).await.unwrap();
    body.complete();
    let (bodies, bytes) = admission.in_flight();
    assert!(bodies == 0 && bytes >= 100_000);
    drop(body);
    assert_eq!(admission.in_flight(), (0, 0));
}
