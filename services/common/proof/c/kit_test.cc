#include <fstream>

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "services/common/crypto/encoding.h"
#include "services/common/crypto/hash.h"
#include "services/common/proof/c/fake_kit.h"
#include "services/common/proof/fake_case.h"
#include "services/common/proof/lease_offer.h"
#include "services/common/proof/strict.h"
#include "u2fi/proof/v1/operations.pb.h"

extern "C" {
#include "services/common/proof/c/u2fi_internal.h"
}

namespace u2fi::proof {
namespace {

// ---- strict reading ----

// Whether the kit takes `bytes` as the named message, insides included.
bool KitParses(const std::string& message, const std::string& bytes) {
  const u2fi_bytes view = KitBytes(bytes);
  u2fi_slot slots[U2FI_SLOTS(U2FI_STATEMENT)];
  u2fi_slot required[U2FI_SLOTS(U2FI_REQUIRED)];
  if (message == "PinSet") return KitParsesPins(bytes);
  if (message == "Command") {
    return bytes.size() <= 4096 && u2fi_parse(&view, U2FI_COMMAND, slots) &&
           u2fi_check_command(slots) == U2FI_OK;
  }
  if (message == "AuthorizationStatement") {
    return bytes.size() <= 2048 && u2fi_parse(&view, U2FI_STATEMENT, slots) &&
           u2fi_statement_ok(slots, required);
  }
  u2fi_bytes content;
  u2fi_slot approval[U2FI_SLOTS(U2FI_APPROVAL)];
  if (bytes.size() > 16384 || !u2fi_parse(&view, U2FI_PROOF, slots)) {
    return false;
  }
  u2fi_bytes rest = slots[PROOF_APPROVALS].bytes;
  while (u2fi_take(&rest, &content)) {
    if (!u2fi_parse(&content, U2FI_APPROVAL, approval)) return false;
  }
  return true;
}

class CorpusTest : public testing::Test {
 protected:
  CorpusTest() {
    std::ifstream file("tests/vectors/proof/strict_negative.json");
    corpus_ = nlohmann::json::parse(file);
  }
  nlohmann::json corpus_;
};

TEST_F(CorpusTest, EveryValidMessageIsTaken) {
  for (const nlohmann::json& entry : corpus_["valid"]) {
    EXPECT_TRUE(KitParses(entry["message"],
                          *crypto::FromHex(entry["hex"].get<std::string>())))
        << entry;
  }
}

TEST_F(CorpusTest, EveryNegativeCaseIsRefused) {
  ASSERT_GE(corpus_["cases"].size(), 60u);
  for (const nlohmann::json& entry : corpus_["cases"]) {
    EXPECT_FALSE(KitParses(entry["message"],
                           *crypto::FromHex(entry["hex"].get<std::string>())))
        << entry;
  }
}

// ---- vectors ----

// What a device maker does with proof_vectors.json.
TEST(VectorsTest, EveryCaseIsAnsweredAsExpected) {
  std::ifstream file("tests/vectors/proof/proof_vectors.json");
  const nlohmann::json vectors = nlohmann::json::parse(file);
  ASSERT_GE(vectors["cases"].size(), 190u);
  for (const nlohmann::json& entry : vectors["cases"]) {
    const auto bytes = [&](const char* name) {
      return *crypto::FromHex(entry.value(name, std::string()));
    };
    const std::string command = bytes("command"), proof = bytes("proof");
    const std::string offer = bytes("lease_offer");
    const std::string signature = bytes("lease_offer_signature");
    std::string pins;
    if (entry.contains("pins")) {
      const size_t index = entry["pins"];
      pins = *crypto::FromHex(vectors["pins"][index].get<std::string>());
    }
    VerifyInputs inputs;
    inputs.device = entry["device"];
    inputs.gateway = entry["gateway"];
    inputs.now_ms = entry["now_ms"];
    inputs.skew_ms = entry["skew_ms"];
    inputs.lease_ended = entry["lease_ended"];
    u2fi_input in = KitInput(inputs);
    in.command = KitBytes(command);
    in.proof = KitBytes(proof);
    in.pins = KitBytes(pins);
    in.lease_offer = KitBytes(offer);
    in.lease_offer_signature = KitBytes(signature);
    u2fi_verified verified;
    const u2fi_reason reason = u2fi_verify(&in, &verified);
    const bool ok = reason == U2FI_OK;
    EXPECT_EQ(ok ? "ok" : u2fi_reason_name(reason), entry["expect"]["reason"])
        << entry["name"];
    EXPECT_EQ(ok ? "" : u2fi_step_name(verified.step), entry["expect"]["step"])
        << entry["name"];
  }
}

// ---- names ----

TEST(NamesTest, EveryReasonAndStepHasOne) {
  EXPECT_STREQ(u2fi_reason_name(U2FI_OK), "OK");
  EXPECT_STREQ(u2fi_reason_name(U2FI_LEASE_OFFER_INVALID),
               "LEASE_OFFER_INVALID");
  EXPECT_STREQ(u2fi_reason_name(U2FI_REASON_COUNT), "");
  EXPECT_STREQ(u2fi_step_name(U2FI_STEP_SIZES), "sizes");
  EXPECT_STREQ(u2fi_step_name(U2FI_STEP_PINS), "pins");
  EXPECT_STREQ(u2fi_step_name(U2FI_STEP_COUNT), "");
}

// ---- replays ----

class WindowTest : public testing::Test {
 protected:
  bool Take(uint64_t sequence) {
    return u2fi_window_take(&window_, sequence) != 0;
  }
  u2fi_window window_ = {0, 0};
};

TEST_F(WindowTest, EachSequenceIsTakenOnce) {
  EXPECT_TRUE(Take(1));
  EXPECT_FALSE(Take(1));
  EXPECT_TRUE(Take(2));
  EXPECT_FALSE(Take(2));
  EXPECT_FALSE(Take(1));
}

TEST_F(WindowTest, ZeroIsNoSequence) {
  EXPECT_FALSE(Take(0));
  EXPECT_EQ(window_.high, 0u);
}

TEST_F(WindowTest, LateOnesAreTakenWithin64) {
  EXPECT_TRUE(Take(100));
  EXPECT_TRUE(Take(37)) << "63 below";
  EXPECT_FALSE(Take(37));
  EXPECT_FALSE(Take(36)) << "64 below";
  EXPECT_TRUE(Take(99));
}

TEST_F(WindowTest, AJumpForgetsWhatIsFarBehind) {
  EXPECT_TRUE(Take(4));
  EXPECT_TRUE(Take(5));
  EXPECT_TRUE(Take(5 + 64));
  EXPECT_TRUE(Take(68));
  EXPECT_FALSE(Take(5));
  EXPECT_TRUE(Take(6));
  EXPECT_TRUE(Take(U2FI_WINDOW_MAX_STEP));
  EXPECT_FALSE(Take(U2FI_WINDOW_MAX_STEP));
  EXPECT_FALSE(Take(69));
}

TEST_F(WindowTest, NoJumpUsesTheNumbersUp) {
  EXPECT_TRUE(Take(7));
  EXPECT_FALSE(Take(~uint64_t{0}));
  EXPECT_FALSE(Take(7 + U2FI_WINDOW_MAX_STEP + 1));
  EXPECT_EQ(window_.high, 7u);
  EXPECT_TRUE(Take(8));
  EXPECT_TRUE(Take(8 + U2FI_WINDOW_MAX_STEP));
}

TEST_F(WindowTest, TheLastNumberIsTakenOnce) {
  window_ = {~uint64_t{0} - 1, 1};
  EXPECT_TRUE(Take(~uint64_t{0}));
  EXPECT_FALSE(Take(~uint64_t{0}));
}

TEST_F(WindowTest, TheHighestIsKeptOnARefusal) {
  EXPECT_TRUE(Take(10));
  EXPECT_FALSE(Take(10));
  EXPECT_EQ(window_.high, 10u);
}

// ---- results ----

class KitTest : public testing::Test {
 protected:
  u2fi_reason Verify() {
    proof_ = Encode(c_.proof);
    pins_ = c_.Present()->bytes();
    inputs_ = c_.site.Inputs(nullptr);
    in_ = KitInput(inputs_);
    in_.command = KitBytes(c_.command);
    in_.proof = KitBytes(proof_);
    in_.pins = KitBytes(pins_);
    in_.cache = &cache_;
    return u2fi_verify(&in_, &verified_);
  }
  static std::string Text(const u2fi_bytes& bytes) {
    return std::string(reinterpret_cast<const char*>(bytes.data), bytes.size);
  }

  FakeCase c_;
  std::string proof_, pins_;
  VerifyInputs inputs_;
  u2fi_input in_{};
  u2fi_verified verified_{};
  u2fi_cache cache_{};
};

TEST_F(KitTest, TheResultSaysWhatMayRun) {
  c_.Ask("door.unlock", {c_.Alice()});
  ASSERT_EQ(Verify(), U2FI_OK);
  EXPECT_EQ(Text(verified_.operation), "door.unlock");
  EXPECT_EQ(Text(verified_.arguments), "{}");
  EXPECT_EQ(verified_.command_id.size, 26u);
  EXPECT_EQ(verified_.sequence, 7u);
  EXPECT_EQ(verified_.execute_by_ms, c_.site.now_ms + 120'000);
  EXPECT_EQ(verified_.touched_at_ms, c_.site.now_ms);
  EXPECT_EQ(verified_.next_pins.size, 0u);
  EXPECT_EQ(verified_.unbind, 0);
}

TEST_F(KitTest, ANewPinSetComesWithTheResult) {
  const v1::PinSet next = c_.Next();
  c_.AskForPins(next, {c_.Alice()}, v1::PURPOSE_PINS);
  ASSERT_EQ(Verify(), U2FI_OK);
  EXPECT_EQ(Text(verified_.next_pins), Encode(next));
}

TEST_F(KitTest, AReleaseSaysThatItIsOne) {
  v1::UnbindArguments arguments;
  arguments.set_format(1);
  arguments.set_pins_hash(crypto::ToString(c_.Present()->hash()));
  c_.AskFor({c_.site.CommandBytes("u2fi.unbind", Encode(arguments))},
            {c_.Alice()}, v1::PURPOSE_UNBIND);
  ASSERT_EQ(Verify(), U2FI_OK);
  EXPECT_EQ(verified_.unbind, 1);
  EXPECT_EQ(verified_.next_pins.size, 0u);
}

TEST_F(KitTest, TheLatestTouchIsTheTime) {
  c_.Ask("vault.open", {c_.Alice(), c_.Bob()});
  const v1::Approval alice = c_.proof.approvals(0);
  c_.edit = [&](v1::AuthorizationStatement& s) {
    s.set_approve_by_ms(s.approve_by_ms() - 5);
    s.set_execute_by_ms(s.execute_by_ms() - 5);
  };
  c_.site.now_ms += 5;
  c_.Ask("vault.open", {c_.Alice(), c_.Bob()});
  *c_.proof.mutable_approvals(0) = alice;
  ASSERT_EQ(Verify(), U2FI_OK);
  EXPECT_EQ(verified_.touched_at_ms, c_.site.now_ms);
  c_.proof.mutable_approvals()->SwapElements(0, 1);
  ASSERT_EQ(Verify(), U2FI_OK);
  EXPECT_EQ(verified_.touched_at_ms, c_.site.now_ms);
}

TEST_F(KitTest, TheCacheIsBoundToTheApprovalsAndTheKeys) {
  c_.Ask("door.unlock", {c_.Alice()});
  ASSERT_EQ(Verify(), U2FI_OK);
  EXPECT_EQ(cache_.valid, 1);
  EXPECT_EQ(Verify(), U2FI_OK);
  const v1::Proof good = c_.proof;
  c_.proof.mutable_approvals(0)->mutable_signature()->back() ^= 1;
  EXPECT_EQ(Verify(), U2FI_SIGNATURE_INVALID) << "other bytes";
  c_.proof = good;
  EXPECT_EQ(Verify(), U2FI_OK);
  c_.pins.mutable_keys(0)->set_point(FakeKey("x").public_key().point());
  EXPECT_EQ(Verify(), U2FI_SIGNATURE_INVALID) << "another key";
  c_.pins = c_.site.FirstPins();
  c_.pins.mutable_gateways(0)->set_point(FakeKey("y").public_key().point());
  EXPECT_EQ(Verify(), U2FI_CHANNEL_KEY_MISMATCH) << "another gateway key";
}

TEST_F(KitTest, WithTheCacheNoSignatureIsCheckedAgain) {
  c_.Ask("door.unlock", {c_.Alice()});
  ASSERT_EQ(Verify(), U2FI_OK);
  u2fi_crypto deaf = KitCrypto();
  deaf.p256_verify = [](void*, const uint8_t*, const uint8_t*,
                        const u2fi_bytes*) { return 0; };
  in_.crypto = &deaf;
  EXPECT_EQ(u2fi_verify(&in_, &verified_), U2FI_OK);
  cache_.valid = 0;
  EXPECT_EQ(u2fi_verify(&in_, &verified_), U2FI_SIGNATURE_INVALID);
  in_.cache = nullptr;
  EXPECT_EQ(u2fi_verify(&in_, &verified_), U2FI_SIGNATURE_INVALID);
}

// OpenSSL's ECDSA_verify() and others say -1 of what they cannot read.
TEST_F(KitTest, OnlyOneMeansThatASignatureIsGood) {
  v1::LeaseEnd end;
  end.set_format(1);
  end.set_tenant("acme");
  end.set_site("home");
  end.set_reservation("res-1");
  end.set_at_ms(5);
  end.set_issuer("front-desk");
  const v1::SignedLeaseEnd signed_end = *SignLeaseEnd(end, c_.site.front_desk);
  const u2fi_bytes bytes = KitBytes(signed_end.end());
  const u2fi_bytes signature = KitBytes(signed_end.signature());
  u2fi_bytes reservation;
  uint64_t at = 0;
  u2fi_crypto broken = KitCrypto();
  broken.p256_verify = [](void*, const uint8_t*, const uint8_t*,
                          const u2fi_bytes*) { return -1; };
  c_.Ask("door.unlock", {c_.Alice()});
  ASSERT_EQ(Verify(), U2FI_OK);
  in_.cache = nullptr;
  in_.crypto = &broken;
  EXPECT_EQ(u2fi_verify(&in_, &verified_), U2FI_SIGNATURE_INVALID);
  EXPECT_EQ(u2fi_verify_lease_end(&in_, &bytes, &signature, &reservation, &at),
            U2FI_LEASE_OFFER_INVALID);
}

TEST_F(KitTest, ALeaseSaysWhichReservationItIs) {
  v1::PinSet next = c_.Next();
  c_.site.AddLease(next);
  c_.AskForPins(next, {c_.Guest()}, v1::PURPOSE_LEASE);
  const v1::SignedLeaseOffer offer = c_.site.SignedOffer(c_.site.Offer());
  (void)Verify();
  in_.lease_offer = KitBytes(offer.offer());
  in_.lease_offer_signature = KitBytes(offer.signature());
  ASSERT_EQ(u2fi_verify(&in_, &verified_), U2FI_OK);
  EXPECT_EQ(Text(verified_.reservation), "res-1");
  c_.Ask("door.unlock", {c_.Alice()});
  ASSERT_EQ(Verify(), U2FI_OK);
  EXPECT_EQ(verified_.reservation.size, 0u);
}

TEST_F(KitTest, TheCacheLeavesTheOtherStepsAlone) {
  c_.Ask("door.unlock", {c_.Alice()});
  ASSERT_EQ(Verify(), U2FI_OK);
  in_.now_ms += 150'001;
  EXPECT_EQ(u2fi_verify(&in_, &verified_), U2FI_EXECUTE_BY_PASSED);
  EXPECT_EQ(verified_.step, U2FI_STEP_DEADLINES);
}

TEST_F(KitTest, FreeOperationsNeedNoProof) {
  c_.command = c_.site.CommandBytes("lamp.on");
  (void)Verify();
  EXPECT_EQ(u2fi_verify_free(&in_, &verified_), U2FI_OK);
  EXPECT_EQ(verified_.execute_by_ms, 0u);
  c_.command = c_.site.CommandBytes("door.unlock");
  (void)Verify();
  EXPECT_EQ(u2fi_verify_free(&in_, &verified_), U2FI_OPERATION_NOT_FREE);
  in_.pins.size = 0;
  EXPECT_EQ(u2fi_verify_free(&in_, &verified_), U2FI_OPERATION_NOT_FREE);
  const std::string large(4097, 'x');
  in_.command = KitBytes(large);
  EXPECT_EQ(u2fi_verify_free(&in_, &verified_), U2FI_PROOF_SIZE);
  EXPECT_EQ(verified_.step, U2FI_STEP_SIZES);
}

TEST_F(KitTest, PinsHashIsThatOfTheFormat) {
  const std::string bytes = c_.Present()->bytes();
  const u2fi_bytes view = KitBytes(bytes);
  crypto::Digest digest;
  u2fi_pins_hash(&KitCrypto(), &view, digest.data());
  EXPECT_EQ(digest, c_.Present()->hash());
}

TEST_F(KitTest, ALeaseEndsByItsIssuersSignature) {
  v1::LeaseEnd end;
  end.set_format(1);
  end.set_tenant("acme");
  end.set_site("home");
  end.set_reservation("res-1");
  end.set_at_ms(5);
  end.set_issuer("front-desk");
  v1::SignedLeaseEnd signed_end = *SignLeaseEnd(end, c_.site.front_desk);
  (void)Verify();
  const u2fi_bytes bytes = KitBytes(signed_end.end());
  u2fi_bytes signature = KitBytes(signed_end.signature()), reservation;
  uint64_t at = 0;
  EXPECT_EQ(u2fi_verify_lease_end(&in_, &bytes, &signature, &reservation, &at),
            U2FI_OK);
  EXPECT_EQ(Text(reservation), "res-1");
  EXPECT_EQ(at, 5u);
  u2fi_bytes long_end = bytes;
  long_end.size = 513;
  EXPECT_EQ(
      u2fi_verify_lease_end(&in_, &long_end, &signature, &reservation, &at),
      U2FI_LEASE_FORMAT);
  --signature.size;
  EXPECT_EQ(u2fi_verify_lease_end(&in_, &bytes, &signature, &reservation, &at),
            U2FI_LEASE_OFFER_INVALID);
  EXPECT_EQ(
      u2fi_verify_lease_end(&in_, &signature, &signature, &reservation, &at),
      U2FI_LEASE_FORMAT);
}

}  // namespace
}  // namespace u2fi::proof
