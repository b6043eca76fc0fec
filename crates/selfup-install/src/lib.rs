//! Stage, verify and install a new executable atomically, keep the previous one, and go back to it
