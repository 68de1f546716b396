//! The pure heart: body to record, the rule table of fields, comparison, excerpt, proposed agent.
