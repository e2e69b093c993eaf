//! Why an article was found: what each term gave in each part.
