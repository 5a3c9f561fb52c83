"""Access from elsewhere: what turns a file or an answer into plain rows of text.

A connector takes bytes and gives rows. It knows no model, no database and no field of ours.
"""
