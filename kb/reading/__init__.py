"""Reading: what of a ticket's texts is searched, embedded and learnt; the record itself stays as it came."""
