#include "tools/u2fi/doctor.h"

#include <sstream>

#include "gtest/gtest.h"
#include "services/common/status/status_matchers.h"
#include "services/common/time/fake_clock.h"
#include "tools/u2fi/fake_mesh.h"

namespace u2fi::cli {
namespace {

using testing::HasSubstr;

// A mesh in which all is well.
class DoctorTest : public testing::Test {
 protected:
  DoctorTest() {
    mesh_.no_command = true;
    mesh_.caller = {"spiffe://u2fi.example/client/t1/app",
                    clock_.Now() + absl::Hours(48)};
    mesh_.sessions.add_sessions()->set_gateway("g1");
    attestation::ListTokensResponse& keys = mesh_.tokens.emplace_back();
    for (int i = 0; i < 2; ++i) {
      keys.add_tokens()->set_state(attestation::TOKEN_STATE_ACTIVE);
    }
    registry::Device& device = *mesh_.devices.emplace_back().add_devices();
    device.set_state(registry::DEVICE_STATE_BOUND);
  }

  FakeClock clock_;
  FakeMesh mesh_;
  std::ostringstream said_;
  Output output_{said_, false};
  Doctor doctor_{mesh_, clock_, "ann", output_};
};

TEST_F(DoctorTest, SaysThatAllIsWell) {
  EXPECT_OK(doctor_.Run());
  EXPECT_THAT(said_.str(), HasSubstr("ok    certificate: spiffe://u2fi.example"
                                     "/client/t1/app until "));
  EXPECT_THAT(said_.str(), HasSubstr("ok    gate: it answers\n"));
  EXPECT_THAT(said_.str(), HasSubstr("ok    gateways: connected: g1\n"));
  EXPECT_THAT(said_.str(), HasSubstr("ok    account: ann\n"));
  EXPECT_THAT(said_.str(), HasSubstr("ok    keys: 2 active\n"));
  EXPECT_THAT(said_.str(), HasSubstr("ok    devices: 1 bound, 0 not bound\n"));
}

TEST_F(DoctorTest, ACertificateThatIsSoonOverIsNotWell) {
  mesh_.caller.not_after = clock_.Now() + absl::Hours(23);
  EXPECT_THAT(doctor_.Run(), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(said_.str(), HasSubstr("renew it now"));
}

TEST_F(DoctorTest, AClientHasToNameAnAccount) {
  mesh_.error = FieldError("account", "is required from clients");
  Doctor doctor(mesh_, clock_, "", output_);
  EXPECT_FALSE(doctor.Run().ok());
  EXPECT_THAT(said_.str(), HasSubstr("ok    account: none"));
  EXPECT_THAT(said_.str(), HasSubstr("FAIL  keys: INVALID_FIELD: field "
                                     "--account: is missing; U2FI_ACCOUNT"));
}

TEST_F(DoctorTest, WhatDoesNotAnswerStopsNoOtherCheck) {
  mesh_.error = Error(reason::kPeerUnavailable, "away");
  EXPECT_THAT(doctor_.Run(), HasReason(reason::kPeerUnavailable));
  EXPECT_THAT(said_.str(), HasSubstr("FAIL  gate: PEER_UNAVAILABLE: away"));
  EXPECT_THAT(said_.str(), HasSubstr("FAIL  devices: PEER_UNAVAILABLE"));
}

TEST_F(DoctorTest, AGateThatKnowsEveryCommandIsNotBelieved) {
  mesh_.no_command = false;
  EXPECT_THAT(doctor_.Run(), HasReason(reason::kInternal));
}

TEST_F(DoctorTest, NoConnectedGatewayIsNotWell) {
  mesh_.sessions.clear_sessions();
  EXPECT_THAT(doctor_.Run(), HasReason(reason::kGatewayOffline));
}

TEST_F(DoctorTest, AnOwnerMayNotAskForTheGateways) {
  mesh_.sessions_error = Error(reason::kCallerNotAllowed, "no");
  EXPECT_OK(doctor_.Run());
  EXPECT_THAT(said_.str(), HasSubstr("only an operator"));
}

TEST_F(DoctorTest, AnAccountWithoutAnActiveKeyIsToldToEnrolOne) {
  mesh_.tokens[0].mutable_tokens(0)->set_state(
      attestation::TOKEN_STATE_QUARANTINED);
  mesh_.tokens[0].mutable_tokens(1)->set_state(
      attestation::TOKEN_STATE_SUSPENDED);
  EXPECT_THAT(doctor_.Run(), HasReason(reason::kNoCredentials));
  EXPECT_THAT(said_.str(), HasSubstr("u2fi enrol"));
}

TEST_F(DoctorTest, ASingleKeyIsWellButNotEnough) {
  mesh_.tokens[0].mutable_tokens()->RemoveLast();
  EXPECT_OK(doctor_.Run());
  EXPECT_THAT(said_.str(), HasSubstr("enrol a second"));
}

TEST_F(DoctorTest, InJsonEachCheckIsALine) {
  Output json(said_, true);
  EXPECT_OK(Doctor(mesh_, clock_, "ann", json).Run());
  EXPECT_THAT(said_.str(), HasSubstr("{\"check\":\"gate\",\"ok\":true,"
                                     "\"text\":\"it answers\"}\n"));
}

}  // namespace
}  // namespace u2fi::cli
