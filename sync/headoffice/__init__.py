"""Head office: collects the journals, keeps the one true ledger, settles between dealers."""
