use super::*;
use crate::duration::parse_duration;

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

fn file() -> Origin {
    Origin::File {
        path: "windlass.toml".into(),
        line: 3,
    }
}

fn section() -> Origin {
    Origin::Section {
        name: "production".into(),
        path: "windlass.toml".into(),
        line: 9,
    }
}

fn directive() -> Origin {
    Origin::Directive {
        path: "0036_x.sql".into(),
        line: 4,
    }
}

fn environment() -> Origin {
    Origin::Environment("WINDLASS_X".into())
}

fn flag() -> Origin {
    Origin::Flag("--x".into())
}

/// The policy of some lines of a file.
fn policy(lines: &[(&str, &str)]) -> Result<Policy, Vec<SettingError>> {
    let mut builder = Policy::builder();
    for (key, value) in lines {
        builder.set(key, *value, file()).map_err(|error| vec![error])?;
    }
    builder.build()
}

fn good(lines: &[(&str, &str)]) -> Policy {
    policy(lines).expect("a policy")
}

/// The errors of some lines of a file, each with its help below.
fn errors(lines: &[(&str, &str)]) -> String {
    show(policy(lines).expect_err("errors"))
}

fn show(errors: Vec<SettingError>) -> String {
    let mut text = String::new();
    for error in errors {
        text += &format!("{error}\n");
        for help in error.to_diagnostic().help {
            text += &format!("  {help}\n");
        }
    }
    text
}

fn under(policy: &Policy, lane: Lane, name: &str, value: &str) -> Result<LanePolicy, String> {
    let setting = Some(Setting::new(
        parse_duration(value).expect("a duration"),
        directive(),
    ));
    let mut overrides = Overrides::default();
    match name {
        "stall-budget" => overrides.stall_budget = setting,
        "lock-timeout" => overrides.lock_timeout = setting,
        "statement-timeout" => overrides.statement_timeout = setting,
        other => panic!("no directive {other}"),
    }
    policy
        .for_statement(lane, &overrides)
        .map_err(|error| show(vec![error]))
}

/// The lanes as a table: what the engine sets and does.
fn lanes(profile: Profile) -> String {
    let policy = Policy::of(profile);
    let mut text = String::from(
        "lane     | lock wait   | later | statement | catalog | idle | blocking | retry for | attempts | backoff\n",
    );
    for lane in Lane::ALL {
        let it = policy.lane(lane);
        let wait = match it.lock_timeout {
            LockWait::None => "none".to_owned(),
            LockWait::Fixed(wait) => show_duration(wait),
            LockWait::Ramp { from, to } => format!("{}..{}", show_duration(from), show_duration(to)),
        };
        text += &format!(
            "{lane:8} | {wait:11} | {:5} | {:9} | {:7} | {:4} | {:8} | {:9} | {:8} | {}\n",
            limit_text(it.later_lock_timeout),
            limit_text(it.statement_timeout),
            limit_text(it.catalog_statement_timeout),
            limit_text(it.idle_in_transaction_timeout),
            limit_text(it.blocking_idle_timeout),
            limit_text(it.retry_for),
            it.attempts
                .map_or("none".to_owned(), |attempts| attempts.to_string()),
            it.backoff,
        );
    }
    text
}

fn shared(profile: Profile) -> String {
    let policy = Policy::of(profile);
    let lines = policy
        .entries()
        .iter()
        .filter(|entry| !entry.info.key.starts_with("lane."));
    lines
        .map(|entry| format!("{:27} = {} ({})\n", entry.info.key, entry.value, entry.origin))
        .collect()
}

#[test]
fn live_keeps_the_stall_budget() {
    assert_eq!(
        lanes(Profile::Live),
        "\
lane     | lock wait   | later | statement | catalog | idle | blocking | retry for | attempts | backoff
ddl      | 50ms..500ms | 50ms  | 2m        | 1s      | 1m   | 500ms    | 10m       | none     | exponential 250ms..10s
index    | none        | none  | none      | 1s      | 1m   | 500ms    | none      | 10       | exponential 1s..30s
validate | none        | none  | none      | 1s      | 1m   | 500ms    | 10m       | none     | linear 2s
dml      | 1m          | 1m    | none      | 1s      | 1m   | 500ms    | 10m       | none     | linear 2s
backfill | 1s          | 1s    | 30s       | 1s      | 1m   | 500ms    | 10m       | none     | exponential 250ms..10s
utility  | 5s          | 5s    | none      | 1s      | 1m   | 500ms    | 0         | none     | exponential 250ms..10s
"
    );
    assert_eq!(
        shared(Profile::Live),
        "\
profile                     = live (default)
dir                         = migrations (default)
schema_file                 =  (default)
snapshot.after_upgrade      = false (default)
snapshot.roles              = false (default)
snapshot.data               =  (default)
shadow_url                  =  (default)
autogenerate.schema         =  (default)
autogenerate.exclude        =  (default)
protect                     =  (default)
guard.backup                = off (default)
guard.backup_days           = 30 (default)
guard.backup_megabytes      = 1024 (default)
role                        =  (default)
search_path                 =  (default)
strict                      = false (default)
safety                      = rewrite (default)
stall_budget                = 1s (default)
on_ddl_waiter               = cancel (default)
standby_urls                =  (default)
wait_timeout                = 30m (default)
quiesce_timeout             = 0 (default)
idle_in_transaction_timeout = 1m (default)
blockers.terminate_idle_in_transaction = none (default)
blockers.cancel_queries     = none (default)
blockers.cancel_autovacuum  = false (default)
blockers.roles              =  (default)
blockers.applications       =  (default)
check.ignore                =  (default)
lint.off                    =  (default)
lint.exclude                =  (default)
lint.in_transaction         = false (default)
lint.server_version         =  (default)
index_deadline              = none (default)
"
    );
    let ddl = Policy::default().lane(Lane::Ddl);
    assert_eq!((ddl.oldest_holder, ddl.evicts_autovacuum), (Some(ms(1000)), true));
    assert_eq!(Policy::default().watch_interval(), Some(ms(100)));
}

#[test]
fn maintenance_fails_fast_but_not_for_concurrent_statements() {
    assert_eq!(
        lanes(Profile::Maintenance),
        "\
lane     | lock wait   | later | statement | catalog | idle | blocking | retry for | attempts | backoff
ddl      | 5s          | 5s    | none      | none    | 1m   | 1m       | 0         | none     | exponential 250ms..10s
index    | none        | none  | none      | none    | 1m   | 1m       | none      | 10       | exponential 1s..30s
validate | 5s          | 5s    | none      | none    | 1m   | 1m       | 0         | none     | linear 2s
dml      | 5s          | 5s    | none      | none    | 1m   | 1m       | 0         | none     | linear 2s
backfill | 5s          | 5s    | none      | none    | 1m   | 1m       | 10m       | none     | exponential 250ms..10s
utility  | 5s          | 5s    | none      | none    | 1m   | 1m       | 0         | none     | exponential 250ms..10s
"
    );
    assert_eq!(
        shared(Profile::Maintenance)
            .lines()
            .filter(|line| line.ends_with("(profile maintenance)"))
            .collect::<Vec<_>>(),
        [
            "safety                      = warn (profile maintenance)",
            "stall_budget                = none (profile maintenance)",
            "on_ddl_waiter               = keep (profile maintenance)",
            "quiesce_timeout             = 30s (profile maintenance)",
        ]
    );
    let ddl = Policy::of(Profile::Maintenance).lane(Lane::Ddl);
    assert_eq!(
        (ddl.oldest_holder, ddl.evicts_autovacuum, ddl.retries()),
        (None, false, false)
    );
}

#[test]
fn guide_has_the_guides_literal_numbers() {
    assert_eq!(
        lanes(Profile::Guide),
        "\
lane     | lock wait   | later | statement | catalog | idle | blocking | retry for | attempts | backoff
ddl      | 5s          | 5s    | 2m        | 2m      | 1m   | 1m       | 0         | none     | exponential 250ms..10s
index    | 1m          | 1m    | none      | none    | 1m   | 1m       | none      | 10       | exponential 1s..30s
validate | 5s          | 5s    | 2m        | 2m      | 1m   | 1m       | 0         | none     | linear 2s
dml      | 1m          | 1m    | none      | none    | 1m   | 1m       | none      | 4        | linear 2s
backfill | 1m          | 1m    | none      | none    | 1m   | 1m       | none      | 4        | linear 2s
utility  | 5s          | 5s    | none      | none    | 1m   | 1m       | 0         | none     | exponential 250ms..10s
"
    );
    let dml = Policy::of(Profile::Guide).lane(Lane::Dml);
    assert_eq!(
        [1, 2, 3].map(|retry| dml.backoff.ceiling(retry)),
        [ms(2000), ms(4000), ms(6000)]
    );
}

#[test]
fn a_ramp_doubles_up_to_half_of_the_budget() {
    let ddl = Policy::default().lane(Lane::Ddl);
    assert_eq!(
        [1, 2, 3, 4, 5, 99].map(|attempt| ddl.lock_timeout.for_attempt(attempt)),
        [50, 100, 200, 400, 500, 500].map(|wait| Some(ms(wait)))
    );
    assert!(ddl.backoff.is_jittered());
    assert_eq!(
        [1, 2, 3, 99].map(|retry| ddl.backoff.ceiling(retry)),
        [250, 500, 1000, 10_000].map(ms)
    );
}

#[test]
fn everything_derived_follows_the_budget() {
    let ddl = good(&[("stall_budget", "80ms")]).lane(Lane::Ddl);
    assert_eq!(
        ddl.lock_timeout,
        LockWait::Ramp {
            from: ms(40),
            to: ms(40)
        }
    );
    assert_eq!(ddl.later_lock_timeout, Some(ms(20)));
    assert_eq!(ddl.catalog_statement_timeout, Some(ms(80)));
    assert_eq!(ddl.blocking_idle_timeout, Some(ms(40)));
}

#[test]
fn later_layers_win_whatever_the_order_of_the_calls() {
    let layers = [file(), section(), environment(), flag()];
    for reversed in [false, true] {
        for count in 0..=layers.len() {
            let mut builder = Policy::builder();
            builder.profile(Profile::Maintenance, file());
            let mut calls: Vec<_> = layers[..count].iter().cloned().zip(1..).collect();
            if reversed {
                calls.reverse();
            }
            for (origin, seconds) in calls {
                builder
                    .set("lane.ddl.lock_timeout", format!("{seconds}s"), origin)
                    .expect("a value");
            }
            let policy = builder.build().expect("a policy");
            let entry = policy.entry("lane.ddl.lock_timeout").expect("an entry");
            let expected = match count {
                0 => ("5s".to_owned(), Origin::Profile(Profile::Maintenance)),
                count => (format!("{count}s"), layers[count - 1].clone()),
            };
            assert_eq!((entry.value.clone(), entry.origin.clone()), expected);
        }
    }
}

#[test]
fn of_two_values_in_one_layer_the_last_wins() {
    assert_eq!(good(&[("dir", "a"), ("dir", "b")]).dir.value, "b");
}

#[test]
fn a_directive_outranks_the_file_and_yields_to_environment_and_flag() {
    let with = |origin| {
        let mut builder = Policy::builder();
        builder
            .set("lane.dml.statement_timeout", "9s", origin)
            .expect("a value");
        let policy = builder.build().expect("a policy");
        under(&policy, Lane::Dml, "statement-timeout", "4s")
            .expect("a lane")
            .statement_timeout
    };
    assert_eq!(with(file()), Some(ms(4000)));
    assert_eq!(with(section()), Some(ms(4000)));
    assert_eq!(with(environment()), Some(ms(9000)));
    assert_eq!(with(flag()), Some(ms(9000)));
}

#[test]
fn a_directive_tightens_the_budget_of_its_statement() {
    let policy = good(&[("lane.ddl.lock_timeout", "400ms")]);
    let ddl = under(&policy, Lane::Ddl, "stall-budget", "200ms").expect("a lane");
    assert_eq!(ddl.stall_budget, Some(ms(200)));
    assert_eq!(ddl.lock_timeout, LockWait::Fixed(ms(100)));
    assert_eq!(ddl.catalog_statement_timeout, Some(ms(200)));
    assert_eq!(policy.lane(Lane::Ddl).lock_timeout, LockWait::Fixed(ms(400)));
}

#[test]
fn a_directive_does_not_loosen_the_budget() {
    assert_eq!(
        under(&Policy::default(), Lane::Dml, "stall-budget", "2s").expect_err("an error"),
        "\
a directive may tighten the stall budget of 1s (default), not loosen it to 2s
  remove the directive, or raise `stall_budget` to 2s for the whole run
"
    );
    assert_eq!(
        under(&Policy::default(), Lane::Dml, "stall-budget", "0").expect_err("an error"),
        "\
a stall budget of 0 is shorter than the watchdog can keep
  write 50ms or more
"
    );
    // Where there is no budget, any budget is tighter.
    let maintenance = Policy::of(Profile::Maintenance);
    assert_eq!(
        under(&maintenance, Lane::Ddl, "stall-budget", "2s")
            .expect("a lane")
            .stall_budget,
        Some(ms(2000))
    );
    // A flag has the last word, so there is nothing to loosen.
    let mut builder = Policy::builder();
    builder.set("stall_budget", "500ms", flag()).expect("a value");
    let policy = builder.build().expect("a policy");
    assert_eq!(
        under(&policy, Lane::Ddl, "stall-budget", "2s")
            .expect("a lane")
            .stall_budget,
        Some(ms(500))
    );
}

#[test]
fn a_lock_timeout_directive_keeps_to_half_of_the_budget() {
    let policy = Policy::default();
    assert_eq!(
        under(&policy, Lane::Ddl, "lock-timeout", "3s").expect_err("an error"),
        "\
`lock-timeout` is 3s, more than half of the stall budget of 1s: whoever queues behind us would wait longer than it allows
  write 500ms or less, and let `lane.ddl.retry_for` do the waiting
  or raise `stall_budget` to 6s
"
    );
    assert_eq!(
        under(&policy, Lane::Ddl, "lock-timeout", "100ms")
            .expect("a lane")
            .lock_timeout,
        LockWait::Fixed(ms(100))
    );
    assert_eq!(
        under(&policy, Lane::Dml, "lock-timeout", "0")
            .expect("a lane")
            .lock_timeout,
        LockWait::None
    );
}

#[test]
fn no_later_lock_is_waited_for_longer_than_the_first() {
    let policy = good(&[("lane.ddl.lock_timeout", "20ms")]);
    assert_eq!(policy.lane(Lane::Ddl).later_lock_timeout, Some(ms(20)));
}

#[test]
fn a_short_statement_timeout_also_bounds_catalog_only_statements() {
    let policy = good(&[("lane.ddl.statement_timeout", "300ms")]);
    assert_eq!(policy.lane(Lane::Ddl).catalog_statement_timeout, Some(ms(300)));
}

#[test]
fn the_index_deadline_is_for_the_index_lane() {
    let policy = good(&[("index_deadline", "6h")]);
    assert_eq!(policy.lane(Lane::Index).deadline, Some(ms(21_600_000)));
    assert_eq!(policy.lane(Lane::Validate).deadline, None);
}

#[test]
fn a_value_that_cannot_be_read_says_what_to_write() {
    for (key, value, expected) in [
        (
            "lane.ddl.retry_for",
            "5",
            "\
`lane.ddl.retry_for`: `5` has no unit; write 5s for seconds or 5ms for milliseconds
  `lane.ddl.retry_for` is how long to go on retrying; it takes a duration such as 10m, 0 for not at all, or none for no limit
",
        ),
        (
            "stall_budget",
            "-1s",
            "\
`stall_budget`: `-1s` is negative; a duration is 0 or more
  `stall_budget` is the longest that an application query may wait for a lock of ours; it takes a duration such as 30s, or none
",
        ),
        (
            "index_deadline",
            "5 weeks",
            "\
`index_deadline`: `5 weeks` is not a duration; write one such as 500ms, 10s, 5m or 1h30m
  `index_deadline` is how long one concurrent index build may take; it takes a duration such as 30s, or none
",
        ),
        (
            "profile",
            "maintainance",
            "\
`profile`: `maintainance` is not one of live, maintenance and guide; did you mean maintenance?
  `profile` is which set of defaults applies; it takes one of live, maintenance and guide
",
        ),
        (
            "lane.index.attempts",
            "0",
            "\
`lane.index.attempts`: `0` is not a number from 1, or none
  `lane.index.attempts` is how often to try at most, the first time included; it takes a number from 1, or none
",
        ),
        (
            "strict",
            "maybe",
            "\
`strict`: `maybe` is not true or false
  `strict` is whether a database ahead of the files is refused; it takes true or false
",
        ),
        (
            "protect",
            "leads,,faqs",
            "\
`protect`: has an empty name in its list
  `protect` is tables that may lose neither rows nor columns nor themselves; it takes a list of names such as [\"leads\", \"faqs\"]
",
        ),
    ] {
        assert_eq!(errors(&[(key, value)]), expected);
    }
}

#[test]
fn a_lock_wait_is_a_duration_a_share_or_a_ramp() {
    for (text, reason) in [
        (
            "500ms..50ms",
            "`500ms..50ms` ends before it starts; write the shorter wait first",
        ),
        (
            "0..1s",
            "`0..1s` starts at 0, which would wait for ever; start at 50ms",
        ),
        ("50ms..0", "0 is no wait to end with; write none for no limit"),
        (
            "budget*2",
            "`budget*2` is no share of the budget; write one such as budget/2",
        ),
        (
            "budget/0",
            "`budget/0` is no share of the budget; write one such as budget/2",
        ),
        (
            "fast",
            "`fast` is not a duration; write one such as 500ms, 10s, 5m or 1h30m",
        ),
        (
            "30d",
            "`30d` is longer than PostgreSQL can count; write none for no limit",
        ),
    ] {
        assert_eq!(Kind::LockWait.read(&text.into()), Err(reason.to_owned()));
    }
    for text in [
        "none",
        "400ms",
        "budget",
        "budget/4",
        "20ms..200ms",
        "20ms..budget/3",
    ] {
        assert_eq!(
            Kind::LockWait.read(&text.into()).map(|value| value.to_string()),
            Ok(text.to_owned())
        );
    }
}

#[test]
fn a_backoff_is_none_linear_or_exponential() {
    for text in ["2s", "linear", "exponential 2s", "random 2s"] {
        assert_eq!(
            Kind::Backoff.read(&text.into()),
            Err(format!(
                "`{text}` is not `none`, `linear 2s` or `exponential 250ms..10s`"
            ))
        );
    }
    assert_eq!(
        Kind::Backoff.read(&"exponential 2s..1s".into()),
        Err("`exponential 2s..1s` ends before it starts; write the shorter pause first".to_owned())
    );
}

#[test]
fn values_of_the_wrong_type_are_refused() {
    let read = |kind: Kind, given: Given| kind.read(&given).map(|value| value.to_string());
    assert_eq!(read(Kind::Count, 5.into()), Ok("5".to_owned()));
    assert_eq!(read(Kind::Timeout, 0.into()), Ok("none".to_owned()));
    assert_eq!(
        read(Kind::List, vec!["a".to_owned(), "b".to_owned()].into()),
        Ok("a, b".to_owned())
    );
    assert_eq!(
        read(Kind::Text, 5.into()),
        Err("wants text, in quotes".to_owned())
    );
    assert_eq!(
        read(Kind::Boolean, 5.into()),
        Err("`5` is not true or false".to_owned())
    );
    assert_eq!(
        read(Kind::Duration, true.into()),
        Err("wants a duration such as 30s, not true".to_owned())
    );
    assert_eq!(
        read(Kind::Duration, vec!["1s".to_owned()].into()),
        Err("wants a duration such as 30s, not a list".to_owned())
    );
}

#[test]
fn an_unknown_key_gets_a_suggestion() {
    for (key, help) in [
        ("stal_budget", "did you mean `stall_budget`?"),
        ("lane.dll.retry_for", "did you mean `lane.ddl.retry_for`?"),
        ("timeouts.schema_file", "did you mean `schema_file`?"),
        ("zebra", "`windlass config` lists every setting"),
    ] {
        assert_eq!(
            errors(&[(key, "1s")]),
            format!("`{key}` is no setting\n  {help}\n")
        );
    }
}

#[test]
fn settings_that_contradict_each_other_are_all_reported() {
    assert_eq!(
        errors(&[
            ("stall_budget", "500ms"),
            ("lane.ddl.lock_timeout", "1s"),
            ("lane.dml.retry_for", "none"),
            ("lane.utility.attempts", "3"),
            ("dir", ""),
        ]),
        "\
`dir` is empty
  write . for the directory itself
`lane.ddl.lock_timeout` is 1s, more than half of the stall budget of 500ms: whoever queues behind us would wait longer than it allows
  write 250ms or less, and let `lane.ddl.retry_for` do the waiting
  or raise `stall_budget` to 2s
lane dml would retry for ever
  set `lane.dml.retry_for` or `lane.dml.attempts`, or both
lane utility has 3 attempts but no time to retry in
  set `lane.utility.retry_for` to none, or to a duration such as 10m
"
    );
}

#[test]
fn live_does_not_run_without_a_budget() {
    assert_eq!(
        errors(&[("stall_budget", "0")]),
        "\
the profile live cannot do without a stall budget
  write a duration such as 1s, or use `profile = \"maintenance\"` while the services are stopped
"
    );
    assert_eq!(
        errors(&[("stall_budget", "10ms")]),
        "\
a stall budget of 10ms is shorter than the watchdog can keep
  write 50ms or more
"
    );
    assert_eq!(
        errors(&[("lane.ddl.lock_timeout", "none")]),
        "\
`lane.ddl.lock_timeout` is none, more than half of the stall budget of 1s: whoever queues behind us would wait longer than it allows
  write 500ms or less, and let `lane.ddl.retry_for` do the waiting
  or use `profile = \"maintenance\"` while the services are stopped
"
    );
}

#[test]
fn a_share_of_the_budget_needs_one() {
    assert_eq!(
        errors(&[("profile", "guide"), ("lane.ddl.lock_timeout", "budget/2")]),
        "\
`lane.ddl.lock_timeout` is a share of the stall budget, and there is none
  write a duration such as 5s, or set `stall_budget`
"
    );
    // The guides' 5 s stand even where somebody adds a budget for the watchdog.
    let guide = good(&[("profile", "guide"), ("stall_budget", "1s")]);
    assert_eq!(guide.lane(Lane::Ddl).lock_timeout, LockWait::Fixed(ms(5000)));
}

#[test]
fn what_config_prints_can_be_set_again() {
    for profile in Profile::ALL {
        let policy = Policy::of(profile);
        let mut builder = Policy::builder();
        for entry in policy.entries() {
            builder
                .set(entry.info.key, entry.value.as_str(), flag())
                .expect("a value");
        }
        let again = builder.build().expect("a policy");
        let values = |policy: &Policy| {
            policy
                .entries()
                .iter()
                .map(|it| it.value.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(values(&policy), values(&again));
    }
}

#[test]
fn a_default_is_written_as_config_prints_it() {
    for profile in Profile::ALL {
        for entry in Policy::of(profile).entries() {
            if entry.info.key != "profile" {
                assert_eq!(entry.value, entry.info.default_in(profile), "{}", entry.info.key);
            }
        }
    }
}

#[test]
fn keys_are_unique_and_so_are_variables() {
    let mut variables: Vec<_> = SETTINGS.iter().map(SettingInfo::variable).collect();
    variables.sort();
    variables.dedup();
    assert_eq!(variables.len(), SETTINGS.len());
    let retry = SettingInfo::find("lane.ddl.retry_for").expect("a setting");
    assert_eq!(retry.variable(), "WINDLASS_LANE_DDL_RETRY_FOR");
}

#[test]
fn an_origin_reads_as_a_place() {
    let shown = [
        Origin::Default,
        Origin::Profile(Profile::Guide),
        file(),
        section(),
        directive(),
        environment(),
        flag(),
        Origin::Program,
    ];
    assert_eq!(
        shown.map(|origin| origin.to_string()),
        [
            "default",
            "profile guide",
            "windlass.toml:3",
            "windlass.toml:9 [env.production]",
            "0036_x.sql:4 (directive)",
            "environment WINDLASS_X",
            "--x",
            "program",
        ]
    );
}
