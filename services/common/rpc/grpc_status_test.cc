#include "services/common/rpc/grpc_status.h"

#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "services/common/status/status_matchers.h"

namespace u2fi::rpc {
namespace {

using testing::ElementsAre;
using testing::Pair;

google::rpc::Status DetailsOf(const grpc::Status& status) {
  google::rpc::Status details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  return details;
}

template <typename Detail>
int CountOf(const grpc::Status& status, Detail* last) {
  int count = 0;
  const google::rpc::Status details = DetailsOf(status);
  for (const auto& any : details.details()) {
    if (any.UnpackTo(last)) ++count;
  }
  return count;
}

// A well-formed answer of a peer, to break one thing at a time.
google::rpc::Status PeerDetails() {
  google::rpc::Status details;
  details.set_code(grpc::StatusCode::NOT_FOUND);
  google::rpc::ErrorInfo info;
  info.set_reason("DEVICE_UNKNOWN");
  info.set_domain("u2fi");
  details.add_details()->PackFrom(info);
  return details;
}

absl::Status FromPeer(const google::rpc::Status& details) {
  return FromGrpcStatus(grpc::Status(grpc::StatusCode::NOT_FOUND, "no",
                                     details.SerializeAsString()));
}

TEST(ToGrpcStatusTest, OkIsOk) {
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
}

TEST(ToGrpcStatusTest, CarriesCodeMessageAndExactlyOneErrorInfo) {
  const grpc::Status status = ToGrpcStatus(
      Error(reason::kChallengeReused, "spent before", {{"challenge", "c1"}}));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(status.error_message(), "spent before");
  google::rpc::ErrorInfo info;
  EXPECT_EQ(CountOf(status, &info), 1);
  EXPECT_EQ(info.reason(), "CHALLENGE_REUSED");
  EXPECT_EQ(info.domain(), "u2fi");
  EXPECT_EQ(info.metadata().at("challenge"), "c1");
}

TEST(ToGrpcStatusTest, RepeatsCodeAndMessageInTheDetails) {
  const google::rpc::Status details =
      DetailsOf(ToGrpcStatus(Error(reason::kCallerNotAllowed, "no")));
  EXPECT_EQ(details.code(), grpc::StatusCode::PERMISSION_DENIED);
  EXPECT_EQ(details.message(), "no");
}

TEST(ToGrpcStatusTest, NamesTheWrongFields) {
  google::rpc::BadRequest bad;
  EXPECT_EQ(CountOf(ToGrpcStatus(FieldError("device", "is empty")), &bad), 1);
  EXPECT_EQ(bad.field_violations(0).field(), "device");
  EXPECT_EQ(bad.field_violations(0).description(), "is empty");
}

TEST(ToGrpcStatusTest, WhatIsInvalidHasABadRequestInAnyCase) {
  google::rpc::BadRequest bad;
  const grpc::Status whole = ToGrpcStatus(Error(reason::kBatchSize, "is none"));
  EXPECT_EQ(CountOf(whole, &bad), 1);
  EXPECT_EQ(bad.field_violations(0).field(), "");
  EXPECT_EQ(bad.field_violations(0).description(), "is none");
  EXPECT_THAT(FieldsOf(FromGrpcStatus(whole)), testing::IsEmpty());
}

TEST(ToGrpcStatusTest, TheFieldOfTheMetadataIsTheWrongOne) {
  google::rpc::BadRequest bad;
  const absl::Status error =
      Error(reason::kRuleInvalid, "contradicts itself", {{"field", "kind"}});
  EXPECT_EQ(CountOf(ToGrpcStatus(error), &bad), 1);
  EXPECT_EQ(bad.field_violations(0).field(), "kind");
}

TEST(ToGrpcStatusTest, HasNoBadRequestWithoutFields) {
  google::rpc::BadRequest bad;
  EXPECT_EQ(CountOf(ToGrpcStatus(Error(reason::kInternal, "x")), &bad), 0);
}

TEST(ToGrpcStatusTest, CarriesTheRetryAdvice) {
  google::rpc::RetryInfo retry;
  const absl::Status error = WithRetry(Error(reason::kStoreUnavailable, "away"),
                                       absl::Milliseconds(2500));
  EXPECT_EQ(CountOf(ToGrpcStatus(error), &retry), 1);
  EXPECT_EQ(retry.retry_delay().seconds(), 2);
  EXPECT_EQ(retry.retry_delay().nanos(), 500'000'000);
}

TEST(ToGrpcStatusTest, EveryUnavailableHasARetryInfo) {
  google::rpc::RetryInfo retry;
  EXPECT_EQ(CountOf(ToGrpcStatus(Error(reason::kStoreUnavailable, "")), &retry),
            1);
  EXPECT_EQ(retry.retry_delay().seconds(), 1);
}

TEST(ToGrpcStatusTest, AForeignErrorBecomesANeutralInternalError) {
  const grpc::Status status =
      ToGrpcStatus(absl::NotFoundError("no row 17 in table secrets"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(status.error_message(), "internal error");
  google::rpc::ErrorInfo info;
  EXPECT_EQ(CountOf(status, &info), 1);
  EXPECT_EQ(info.reason(), "INTERNAL");
}

TEST(ToGrpcStatusTest, CleansTextsThatWouldNotTravel) {
  const grpc::Status status = ToGrpcStatus(
      Error(reason::kInternal, "a\nb\xff", {{"k\x01", "\xc3\xa9"}}));
  EXPECT_EQ(status.error_message(), "a?b?");
  google::rpc::ErrorInfo info;
  ASSERT_EQ(CountOf(status, &info), 1);
  EXPECT_EQ(info.metadata().at("k?"), "??");
}

TEST(ToGrpcStatusTest, StaysBelowTheLimitOfTrailers) {
  const std::string text(10'000, 'x');
  absl::Status error = Error(reason::kInvalidField, text);
  for (int i = 0; i < 100; ++i) {
    error = WithField(error, std::to_string(i) + text, text);
    error = WithMetadata(error, std::to_string(i) + text, text);
  }
  const grpc::Status status = ToGrpcStatus(error);
  // Percent-encoding may triple the message, base64 adds a third.
  const size_t size =
      status.error_message().size() * 3 + status.error_details().size() * 4 / 3;
  EXPECT_GT(size, 4096);
  EXPECT_LT(size, 8000);
}

TEST(FromGrpcStatusTest, UndoesToGrpcStatus) {
  const absl::Status sent = WithRetry(
      WithField(Error(reason::kStoreUnavailable, "away", {{"store", "redis"}}),
                "a.b", "is long"),
      absl::Milliseconds(1500));
  const absl::Status got = FromGrpcStatus(ToGrpcStatus(sent));
  EXPECT_EQ(got.message(), "away");
  EXPECT_THAT(got, HasReason(reason::kStoreUnavailable));
  EXPECT_THAT(MetadataOf(got), ElementsAre(Pair("store", "redis")));
  EXPECT_THAT(FieldsOf(got), ElementsAre(Pair("a.b", "is long")));
  EXPECT_EQ(RetryOf(got), absl::Milliseconds(1500));
}

TEST(FromGrpcStatusTest, OkIsOk) {
  EXPECT_OK(FromGrpcStatus(grpc::Status::OK));
}

TEST(FromGrpcStatusTest, KeepsAReasonThatThisBuildDoesNotKnow) {
  EXPECT_EQ(ReasonOf(FromPeer(PeerDetails())), "DEVICE_UNKNOWN");
  EXPECT_TRUE(absl::IsNotFound(FromPeer(PeerDetails())));
}

TEST(FromGrpcStatusTest, TakesNoReasonOfAnotherDomain) {
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  info.set_reason("X");
  info.set_domain("evil");
  details.set_code(grpc::StatusCode::NOT_FOUND);
  details.add_details()->PackFrom(info);
  EXPECT_THAT(FromPeer(details), HasReason(reason::kInternal));
}

TEST(FromGrpcStatusTest, TakesNoReasonThatIsNotAName) {
  google::rpc::Status details;
  google::rpc::ErrorInfo info;
  info.set_reason("not a name");
  info.set_domain("u2fi");
  details.set_code(grpc::StatusCode::NOT_FOUND);
  details.add_details()->PackFrom(info);
  EXPECT_THAT(FromPeer(details), HasReason(reason::kInternal));
}

TEST(FromGrpcStatusTest, TakesNoReasonIfThereAreTwo) {
  google::rpc::Status details = PeerDetails();
  *details.add_details() = details.details(0);
  EXPECT_THAT(FromPeer(details), HasReason(reason::kInternal));
}

TEST(FromGrpcStatusTest, TakesNoReasonIfTheCodesDiffer) {
  google::rpc::Status details = PeerDetails();
  details.set_code(grpc::StatusCode::OK);
  EXPECT_THAT(FromPeer(details), HasReason(reason::kInternal));
}

TEST(FromGrpcStatusTest, TakesNoDetailsOver16KiB) {
  google::rpc::Status details = PeerDetails();
  details.set_message(std::string(size_t{16} << 10, 'x'));
  EXPECT_THAT(FromPeer(details), HasReason(reason::kInternal));
}

TEST(FromGrpcStatusTest, TakesNoDetailsThatDoNotParse) {
  EXPECT_THAT(FromGrpcStatus(grpc::Status(grpc::StatusCode::NOT_FOUND, "",
                                          "\xff\xff\xff")),
              HasReason(reason::kInternal));
}

TEST(FromGrpcStatusTest, GivesAnswersOfGrpcItselfAReason) {
  using grpc::StatusCode;
  const std::pair<StatusCode, Reason> table[] = {
      {StatusCode::UNAVAILABLE, reason::kPeerUnavailable},
      {StatusCode::RESOURCE_EXHAUSTED, reason::kPeerLimit},
      {StatusCode::DEADLINE_EXCEEDED, reason::kDeadlineExceeded},
      {StatusCode::CANCELLED, reason::kCancelled},
      {StatusCode::UNAUTHENTICATED, reason::kCallerUnknown},
      {StatusCode::PERMISSION_DENIED, reason::kCallerNotAllowed},
      {StatusCode::UNIMPLEMENTED, reason::kUnimplemented},
      {StatusCode::UNKNOWN, reason::kInternal},
      {StatusCode::DATA_LOSS, reason::kInternal},
  };
  for (const auto& [code, expected] : table) {
    EXPECT_THAT(FromGrpcStatus(grpc::Status(code, "x")), HasReason(expected));
  }
}

TEST(FromGrpcStatusTest, AnAbsentPeerComesWithAdviceToRetry) {
  EXPECT_EQ(RetryOf(FromGrpcStatus(
                grpc::Status(grpc::StatusCode::UNAVAILABLE, "refused"))),
            absl::Seconds(1));
}

}  // namespace
}  // namespace u2fi::rpc
