//! Real servers, rivals, traffic and faults for tests.
