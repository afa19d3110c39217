#include "services/common/time/proto_millis.h"

#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "gtest/gtest.h"

namespace u2fi {
namespace {

template <typename T>
int64_t MillisOf(int64_t seconds, int32_t nanos = 0) {
  T value;
  value.set_seconds(seconds);
  value.set_nanos(nanos);
  return ProtoMillis(value);
}

TEST(ProtoMillisTest, SecondsAndNanoseconds) {
  EXPECT_EQ(MillisOf<google::protobuf::Duration>(60, 5'000'000), 60'005);
  EXPECT_EQ(MillisOf<google::protobuf::Duration>(-1, -500'000'000), -1'500);
  EXPECT_EQ(MillisOf<google::protobuf::Timestamp>(1'700'000'000, 1'999'999),
            1'700'000'000'001);
}

// Times 1,000 it would be 60,000 again.
TEST(ProtoMillisTest, WhatDoesNotFitIsTheMost) {
  EXPECT_EQ(MillisOf<google::protobuf::Duration>((int64_t{1} << 61) + 60),
            INT64_MAX);
  EXPECT_EQ(MillisOf<google::protobuf::Timestamp>(INT64_MAX), INT64_MAX);
  EXPECT_EQ(MillisOf<google::protobuf::Duration>(INT64_MIN), INT64_MIN);
}

}  // namespace
}  // namespace u2fi
