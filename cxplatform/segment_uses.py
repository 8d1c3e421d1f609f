"""What uses segments: each room lends its own."""

from customers.segments.uses import OTHER_SEGMENTS, PERSONAS, SegmentUse
from surveys.segment_uses import CAMPAIGNS

USES: tuple[SegmentUse, ...] = (CAMPAIGNS, PERSONAS, OTHER_SEGMENTS)
