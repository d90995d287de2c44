"""One photograph, one judged result: the steps, told in the domain's words, with ports for what lies outside."""
