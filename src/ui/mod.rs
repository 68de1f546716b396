//! What a person sees: progress, lines, questions, logs. The only place that prints.
