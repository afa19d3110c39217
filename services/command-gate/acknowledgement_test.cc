#include "services/command-gate/acknowledgement.h"

#include <gtest/gtest.h>

namespace u2fi::command_gate {
namespace {

TEST(AcknowledgementTest, WhatWasTakenMayBeForgotten) {
  EXPECT_TRUE(MayAcknowledge(absl::OkStatus()));
}

TEST(AcknowledgementTest, WhatCanNeverBeTakenMayBeForgotten) {
  EXPECT_TRUE(MayAcknowledge(absl::InvalidArgumentError("")));
  EXPECT_TRUE(MayAcknowledge(absl::NotFoundError("")));
  EXPECT_TRUE(MayAcknowledge(absl::AlreadyExistsError("")));
  EXPECT_TRUE(MayAcknowledge(absl::PermissionDeniedError("")));
  EXPECT_TRUE(MayAcknowledge(absl::UnauthenticatedError("")));
  EXPECT_TRUE(MayAcknowledge(absl::FailedPreconditionError("")));
  EXPECT_TRUE(MayAcknowledge(absl::OutOfRangeError("")));
}

TEST(AcknowledgementTest, APassingFaultKeepsTheMessage) {
  EXPECT_FALSE(MayAcknowledge(absl::UnavailableError("")));
  EXPECT_FALSE(MayAcknowledge(absl::AbortedError("")));
  EXPECT_FALSE(MayAcknowledge(absl::DeadlineExceededError("")));
  EXPECT_FALSE(MayAcknowledge(absl::ResourceExhaustedError("")));
  EXPECT_FALSE(MayAcknowledge(absl::CancelledError("")));
}

TEST(AcknowledgementTest, WhatWasNotStoredKeepsTheMessage) {
  EXPECT_FALSE(MayAcknowledge(absl::UnimplementedError("")));
  EXPECT_FALSE(MayAcknowledge(absl::InternalError("")));
  EXPECT_FALSE(MayAcknowledge(absl::UnknownError("")));
  EXPECT_FALSE(MayAcknowledge(absl::DataLossError("")));
}

}  // namespace
}  // namespace u2fi::command_gate
