"""What the portal remembers. A file per noun; no rules, no side effects."""

from portal.models.account import Account, Entitlement, Grant
from portal.models.application import Application, ApplicationOwner, CustomField, Instance
from portal.models.campaign import Campaign, CampaignSeries, Extension
from portal.models.credential import (
    Attempts,
    HeldForm,
    Password,
    RecoveryCode,
    SecondFactor,
)
from portal.models.decision import Decision, SignOff
from portal.models.delegation import Delegation
from portal.models.document import Document
from portal.models.dry_run import DryRun
from portal.models.duty import DutyConflict
from portal.models.feed import Feed
from portal.models.file import File, FilePart
from portal.models.follow_up import FollowUp, FollowUpItem
from portal.models.group import Group, GroupMember
from portal.models.item import Assignment, GoneItem, Item, ItemGrant
from portal.models.letter import Letter, Link
from portal.models.letter_choice import LetterText, LetterWays, LetterWish, Mailbox
from portal.models.logo import Logo
from portal.models.look import Glance, SecondLook
from portal.models.member import Member, Role, RoleScope
from portal.models.owner import OwnerVisit
from portal.models.person import Holding, HoldingsCount, Person
from portal.models.provider import IdentityProvider, RoleRule, SeenAssertion
from portal.models.provisioned import Provisioned, ProvisionedEmail
from portal.models.reassignment import ReassignedItem, Reassignment
from portal.models.remediation import Remediation, Removal
from portal.models.report import Report
from portal.models.review import Review, Reviewer
from portal.models.session import Session
from portal.models.setting import Setting
from portal.models.share import Share
from portal.models.source import Source, StagedAccount, StagedGrant, StagedPerson, Sync, SyncProblem
from portal.models.table_view import TableLayout, TableView
from portal.models.tally import CampaignTally, ReviewerTally
from portal.models.template import Template
from portal.models.token import Token
from portal.models.trail import TrailHead, TrailLine
from portal.models.vote import Vote
from portal.models.work import JobRun, PausedJob, Trouble

__all__ = [
    "Account",
    "Application",
    "ApplicationOwner",
    "Assignment",
    "Attempts",
    "Campaign",
    "CampaignSeries",
    "CampaignTally",
    "CustomField",
    "Decision",
    "Delegation",
    "Document",
    "DryRun",
    "DutyConflict",
    "Entitlement",
    "Extension",
    "Feed",
    "File",
    "FilePart",
    "FollowUp",
    "FollowUpItem",
    "Glance",
    "GoneItem",
    "Grant",
    "Group",
    "GroupMember",
    "HeldForm",
    "Holding",
    "HoldingsCount",
    "IdentityProvider",
    "Instance",
    "Item",
    "ItemGrant",
    "JobRun",
    "Letter",
    "LetterText",
    "LetterWays",
    "LetterWish",
    "Link",
    "Logo",
    "Mailbox",
    "Member",
    "OwnerVisit",
    "Password",
    "PausedJob",
    "Person",
    "Provisioned",
    "ProvisionedEmail",
    "ReassignedItem",
    "Reassignment",
    "RecoveryCode",
    "Remediation",
    "Removal",
    "Report",
    "Review",
    "Reviewer",
    "ReviewerTally",
    "Role",
    "RoleRule",
    "RoleScope",
    "SecondFactor",
    "SecondLook",
    "SeenAssertion",
    "Session",
    "Setting",
    "Share",
    "SignOff",
    "Source",
    "StagedAccount",
    "StagedGrant",
    "StagedPerson",
    "Sync",
    "SyncProblem",
    "TableLayout",
    "TableView",
    "Template",
    "Token",
    "TrailHead",
    "TrailLine",
    "Trouble",
    "Vote",
]
