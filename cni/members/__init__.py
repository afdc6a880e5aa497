"""Who is who, and who may.

Member organisations with dated roles, the people who sign in for them, their sessions and API tokens; `policy` holds
roles and permissions and is pure. Not here: what members own, lease or owe. Start at `policy`, then `models`.
"""
