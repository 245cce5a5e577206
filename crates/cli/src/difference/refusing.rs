//! What is not made of a comparison, and what is warned of.

use windlass::compiler::diff::Change;

use super::{Compared, How, renames};
use crate::context::Context;
use crate::failure::{Failure, REFUSED};
use crate::ui::count;

impl Compared {
    /// Refuses what cannot be expressed, what nobody has decided, and what loses data where that is not allowed; in
    /// this order, all of it listed.
    pub(crate) fn refuse(&self, context: &Context, how: &How) -> Result<(), Failure> {
        if !self.difference.cannot.is_empty() {
            for cannot in &self.difference.cannot {
                let object = cannot
                    .object
                    .as_ref()
                    .map_or(String::new(), |object| format!("{object}: "));
                context
                    .ui
                    .warning(&format!("cannot be expressed: {object}{}", cannot.why), None);
            }
            return Err(Failure::Other {
                message: format!(
                    "{} cannot be expressed; no plan was made",
                    count(self.difference.cannot.len(), "difference")
                ),
                hints: vec!["make these by hand, or leave their objects alone with --exclude".to_owned()],
                code: REFUSED,
            });
        }
        let losses: Vec<_> = self.plan.losses().collect();
        if !losses.is_empty() && !how.allow_destructive {
            for (change, loses) in &losses {
                say_loss(context, change, loses);
            }
        }
        if !self.undecided.is_empty() {
            let mut hints = Vec::new();
            for rename in &self.undecided {
                context.ui.warning(&renames::in_words(rename), None);
                hints.push(format!(
                    "where it is: --rename {}={}",
                    renames::spelled(&rename.from),
                    renames::spelled(&rename.to)
                ));
            }
            hints.push("where none is: --renames never".to_owned());
            return Err(Failure::Other {
                message: "what looks renamed is not guessed; no plan was made".to_owned(),
                hints,
                code: REFUSED,
            });
        }
        if losses.is_empty() || how.allow_destructive {
            return Ok(());
        }
        Err(Failure::Other {
            message: format!(
                "{} would lose data; no plan was made",
                count(losses.len(), "change")
            ),
            hints: vec!["where that is meant: --allow-destructive".to_owned()],
            code: REFUSED,
        })
    }

    /// Warns of what hurts a live database and has no other form.
    pub(crate) fn warn(&self, context: &Context) {
        for hazard in &self.plan.hazards {
            context.ui.warning(
                &format!("{} ({})", hazard.message, hazard.rule),
                hazard.help.as_deref(),
            );
        }
        for (change, loses) in self.plan.losses() {
            say_loss(context, change, loses);
        }
    }
}

fn say_loss(context: &Context, change: &Change, loses: &str) {
    let words = format!("{} {} loses data: {loses}", change.action, change.object);
    context.ui.warning(&words, None);
}
