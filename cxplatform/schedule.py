"""Which hour starts which task. Every sweep finds due rows by itself, so a missed or doubled run is harmless."""

from typing import Any

from celery.schedules import crontab

SCHEDULE: dict[str, dict[str, Any]] = {
    "deliver events": {"task": "events.tasks.deliver_events_task", "schedule": 10.0},
    "send mails to staff": {"task": "staff.tasks.send_staff_mails_task", "schedule": 30.0},
    "post to the chats of teams": {"task": "staff.tasks.send_chat_messages_task", "schedule": 30.0},
    "escalate overdue follow-ups": {"task": "followups.tasks.escalate_overdue_task", "schedule": 60.0},
    "write the one mail a day": {"task": "followups.tasks.send_digests_task", "schedule": 60.0},
    "notice who should be called": {"task": "followups.tasks.notice_task", "schedule": 300.0},
    "send messages of follow-ups": {"task": "followups.tasks.send_messages_task", "schedule": 30.0},
    "run imports": {"task": "customers.tasks.run_imports_task", "schedule": 20.0},
    "import answers": {"task": "surveys.tasks.import_answers_task", "schedule": 20.0},
    "read comments for topics": {"task": "surveys.tasks.read_comments_task", "schedule": 20.0},
    "run campaigns": {"task": "surveys.tasks.run_campaigns_task", "schedule": 10.0},
    "read returned mails and answers": {"task": "mail.tasks.read_bounces_task", "schedule": 60.0},
    "settle started responses": {"task": "surveys.tasks.settle_started_task", "schedule": 600.0},
    "throw away files without an answer": {
        "task": "surveys.tasks.throw_away_files_task",
        "schedule": crontab(minute="37", hour="4"),
    },
    "throw away files no message names": {
        "task": "followups.tasks.sweep_files_task",
        "schedule": crontab(minute="42", hour="4"),
    },
    "check daily figures": {
        "task": "insights.tasks.check_rollups_task",
        "schedule": crontab(minute="47", hour="2"),
    },
    "prune events": {"task": "events.tasks.prune_events_task", "schedule": crontab(minute="17", hour="3")},
    "prune delivery reports": {
        "task": "mail.tasks.prune_reports_task",
        "schedule": crontab(minute="47", hour="3"),
    },
    "prune imports": {
        "task": "customers.tasks.prune_imports_task",
        "schedule": crontab(minute="27", hour="3"),
    },
    "prune imports of answers": {
        "task": "surveys.tasks.prune_answer_imports_task",
        "schedule": crontab(minute="32", hour="3"),
    },
    "forget what is old": {
        "task": "customers.tasks.apply_retention_task",
        "schedule": crontab(minute="57", hour="3"),
    },
    "find duplicates": {
        "task": "customers.tasks.find_duplicates_task",
        "schedule": crontab(minute="17", hour="4"),
    },
    "check the points ledger": {
        "task": "loyalty.tasks.check_ledger_task",
        "schedule": crontab(minute="7", hour="4"),
    },
    "prune idempotency records": {
        "task": "staff.tasks.prune_idempotency_records_task",
        "schedule": crontab(minute="37", hour="3"),
    },
}
