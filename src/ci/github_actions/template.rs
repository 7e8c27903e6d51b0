//! Values that are pasted into code before it runs.

use super::expression::{Piece, parse, pieces};
use super::flow::Scope;
use super::source::{Reading, Source};
use crate::ci::yaml::tree::Node;
use crate::model::build::{Template, TemplateSource, What};

/// Notes each value that somebody else writes and that stands in a piece of code.
pub(super) fn read(
    reading: &mut Reading<'_, '_>,
    source: &Source,
    scope: &Scope,
    (slot, code): (&str, &Node),
    into: &'static str,
) {
    let Some(text) = code.text() else { return };
    let (mut line, mut counted) = (0, 0);
    for piece in pieces(text) {
        let Piece::Expression(inner, start) = piece else {
            continue;
        };
        line += text[counted..start].matches('\n').count();
        counted = start;
        let mut at = code.clone_place();
        at.line = code.line_of_text(line);
        let flow = scope.of_expr(&parse(inner));
        for origin in flow.origins {
            if origin.by == TemplateSource::Fixed {
                continue;
            }
            let template = Template {
                expression: origin.expression,
                into,
                written_by: origin.by,
            };
            reading.note(source, slot, &at, What::Template(template));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::samples::{at, job_with, steps, with_steps};
    use crate::model::build::{Job, TemplateSource, What};

    fn told(job: &Job) -> Vec<(String, TemplateSource, u32)> {
        let found = at(job, |what| match what {
            What::Template(it) => Some(it.clone()),
            _ => None,
        });
        found
            .into_iter()
            .map(|(item, it)| (it.expression, it.written_by, item.spot.line))
            .collect()
    }

    #[test]
    fn words_of_others_are_seen_where_they_are_pasted() {
        use TemplateSource::{Anybody, Caller, Step};
        let job = steps(
            "[issues, workflow_dispatch]",
            "- run: |\n    echo\n    echo '${{ github.event.issue.title }}' ${{ github.sha }}\n- run: echo ${{ inputs.x }} ${{ github.event.inputs.y }}\n- run: echo ${{ steps.z.outputs.z }}\n- uses: actions/github-script@v7\n  with:\n    script: |\n      a(`${{ github.event.comment.body }}`)\n- run: ${{ env.T }}\n  env: {T: '${{ github.head_ref || github.ref }}'}\n- run: ok\n  env: {T: '${{ github.head_ref }}'}",
        );
        assert_eq!(
            told(&job),
            [
                ("github.event.issue.title".to_owned(), Anybody, 8),
                ("inputs.x".to_owned(), Caller, 9),
                ("github.event.inputs.y".to_owned(), Caller, 9),
                ("steps.z.outputs.z".to_owned(), Step, 10),
                ("github.event.comment.body".to_owned(), Anybody, 14),
                ("github.head_ref".to_owned(), Anybody, 15),
            ]
        );
    }

    #[test]
    fn inputs_are_followed_into_an_action_of_the_tree() {
        let action = "runs:\n  using: composite\n  steps:\n    - run: echo ${{ inputs.title }} ${{ inputs.fixed }}\n      shell: bash\n";
        let text = with_steps(
            "issues",
            "- uses: ./a\n  with: {title: '${{ github.event.issue.title }}', fixed: word}",
        );
        let job = job_with(&text, &[("a/action.yml", action)]);
        let found = at(&job, |what| matches!(what, What::Template(_)).then_some(()));
        assert_eq!(
            told(&job),
            [(
                "github.event.issue.title".to_owned(),
                TemplateSource::Anybody,
                4
            )]
        );
        assert_eq!(found[0].0.spot.path.as_slice(), b"a/action.yml");
    }

    #[test]
    fn a_closed_list_is_nobodys_words() {
        let text = "on: {workflow_dispatch: {inputs: {a: {type: choice}, b: {}, c: {type: boolean}}}}\njobs: {a: {runs-on: ubuntu-latest, steps: [{run: '${{ inputs.a }} ${{ inputs.b }} ${{ inputs.c }}'}]}}\n";
        let expressions: Vec<_> = told(&job_with(text, &[]))
            .into_iter()
            .map(|(one, ..)| one)
            .collect();
        assert_eq!(expressions, ["inputs.b"]);
    }
}
