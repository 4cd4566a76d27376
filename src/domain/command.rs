//! What an operator asks of the engine, and what it answers.
