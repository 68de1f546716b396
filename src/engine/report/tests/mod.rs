pub(crate) mod samples;

use super::*;

#[test]
fn a_carried_column_never_has_the_name_of_an_own_one() {
    let own = [Column::<ReportRow>::new("model", |_, _| Cell::Nothing)];
    let carried = ["owner", "model", "input_model", "Model"].map(str::to_owned);
    assert_eq!(free_of_clashes(&own, &carried), ["owner", "input_model_2", "input_model", "Model"]);
}
