/*
 * Copyright (C) the moderate authors
 *
 * What the console says, in Vietnamese.
 */

export default {
    skip: "Đến nội dung", keys: "Phím tắt", language: "Ngôn ngữ",
    theme: "Giao diện", themeAuto: "Theo thiết bị", themeLight: "Sáng",
    themeDark: "Tối", queue: "Hàng chờ", submission: "Nội dung",
    state: "Trạng thái", category: "Loại", rule: "Luật", form: "Biểu mẫu",
    filter: "Lọc", more: "Xem thêm", selectNone: "Bỏ chọn", any: "Tất cả",
    approve: "Duyệt", reject: "Từ chối", claim: "Nhận xử lý",
    unclaim: "Thả ra", undo: "Hoàn tác", close: "Đóng", cancel: "Thôi",
    reason: "Lý do công khai", rejectTitle: "Từ chối nội dung này?",
    rejectHelp: "Người gửi được đọc lý do này.", sendNow: "Gửi ngay",
    empty: "Không có nội dung nào ở đây.",
    choose: "Chọn một nội dung trong hàng chờ.",
    newItems: (n) => `Có ${n} nội dung mới: hiển thị`,
    total: (n) => `${n} nội dung đang hiển thị`,
    selected: (n) => `Đã chọn ${n}`,
    why: "Vì sao bị giữ lại", points: (n) => `${n} điểm`,
    score: "Tổng điểm", received: "Nhận lúc", history: "Diễn biến",
    rules: "Bộ luật", claimedBy: (who) => `${who} đang xử lý`,
    file: (name, size) => `Tệp đính kèm ${name}, ${size} byte`,
    charset: (name) => `đọc theo bảng mã ${name}`,
    unreadable: "Thân yêu cầu có thể được đọc theo nhiều cách",
    body: "Phần đầu của thân yêu cầu",
    noField: "cả nội dung gửi", unnamed: "(không tên)",
    soonApprove: (n) => `Sẽ duyệt trong ${n} giây.`,
    soonReject: (n) => `Sẽ từ chối trong ${n} giây.`,
    done: "Đã xong:", conflict: (who, state) => (
        `${who} đã xử lý trước: ${state}. Đã tải lại.`),
    someone: "Người khác",
    previewApprove: (n) => `Duyệt ${n} nội dung này?`,
    previewReject: (n) => `Từ chối ${n} nội dung này?`,
    result: (ok, bad) => `${ok} xong, ${bad} không được`,
    delivery: (status) => `cổng thông tin trả lời ${status}`,
    select: (text) => `Chọn: ${text}`,
    keyNext: "xuống", keyPrevious: "lên", keyOpen: "mở",
    keyApprove: "duyệt", keyReject: "từ chối", keyUndo: "hoàn tác",
    keyClaim: "nhận hoặc thả", keyFilter: "đến bộ lọc",
    keySelect: "chọn nhiều", keyHelp: "bảng này",
    takeOver: "Nhận thay",
    own: "Chính bạn đã từ chối nội dung này. Đề nghị xem lại do người khác "
         + "quyết định.",
    ranOut: (who) => (
        `${who} đã nhận nhưng quá hạn. Bạn có thể nhận thay.`),
    takenUntil: (who, when) => (
        `${who} đang xử lý đến ${when}. Sau đó người khác có thể nhận.`),
    undoUntil: (when) => `Có thể hoàn tác đến ${when}.`,
    undoHint: "Phím u để hoàn tác.",
    notNow: (state) => `Không làm được khi ở trạng thái: ${state}`,
    keysOn: "Bật phím tắt một phím",
    places: "Các mục", appeals: "Đề nghị xem lại",
    sender: "Người gửi",
    appealBy: "Người gửi viết", notes: "Ghi chú của người kiểm duyệt",
    decidedBefore: (who, when, reason) => (
        `${who} đã từ chối lúc ${when}. Lý do: ${reason}.`),
    decidedUnknown: "Không rõ ai đã từ chối.",
    noteText: "Thêm ghi chú", noteAdd: "Ghi lại",
    noteHelp: "Chỉ người kiểm duyệt đọc được. Không sửa hay xóa được.",
    keyQueue: "hàng chờ", keyAppeals: "đề nghị xem lại",
    keyNote: "viết ghi chú",
    actions: {
        claim: "nhận xử lý", unclaim: "thả ra",
        expire: "lượt nhận quá hạn", approve: "duyệt",
        deliver: "chuyển đến cổng", delivered: "cổng đã nhận",
        failed: "chuyển không được", unknown: "chưa rõ kết quả",
        reject: "từ chối", undo: "hoàn tác", appeal: "đề nghị xem lại",
        note: "ghi chú", recover: "khôi phục sau sự cố"
    },
    states: {
        pending: "Chờ xử lý", claimed: "Đang xử lý",
        approved: "Đã duyệt", replaying: "Đang chuyển",
        delivered: "Đã chuyển", failed: "Chuyển không được",
        unknown: "Chưa rõ kết quả", rejected: "Đã từ chối",
        appealed: "Đề nghị xem lại", lost: "Lạc"
    },
    categories: {
        "advertising": "Quảng cáo", "scam": "Lừa đảo",
        "abuse": "Xúc phạm", "personal-data": "Dữ liệu cá nhân",
        "impersonation": "Mạo danh cơ quan", "link-flood": "Nhiều liên kết",
        "duplicate": "Trùng lặp", "automated": "Gửi tự động",
        "unreadable": "Không đọc được"
    },
    reasons: {
        "contact-advertising": "Quảng cáo, mời gọi liên hệ",
        "scam": "Có dấu hiệu lừa đảo", "abuse": "Lời lẽ xúc phạm",
        "personal-data": "Lộ dữ liệu cá nhân",
        "impersonation": "Mạo danh cơ quan",
        "link-flood": "Quá nhiều liên kết",
        "duplicate": "Gửi trùng", "rate": "Gửi quá nhiều lần",
        "automated": "Gửi tự động", "unreadable": "Không đọc được",
        "check-unavailable": "Chưa kiểm tra được", "other": "Lý do khác"
    },
    problems: {
        network: "Không kết nối được máy chủ.",
        answer: "Máy chủ trả lời không như mong đợi. Xin thử lại sau.",
        json: "Máy chủ không đọc được yêu cầu. Xin tải lại trang.",
        query: "Bộ lọc có giá trị không hợp lệ.",
        "no-identity": "Chưa đăng nhập. Xin tải lại trang để đăng nhập.",
        "no-role": "Tài khoản này chưa được phân quyền. "
                   + "Xin hỏi người quản trị.",
        forbidden: "Tài khoản này không được làm việc đó.",
        viewer: "Tài khoản này chỉ được xem.",
        origin: "Yêu cầu bị từ chối vì có vẻ đến từ trang khác. "
                + "Xin mở bảng điều khiển bằng đúng địa chỉ của nó.",
        "not-found": "Không còn nội dung này.",
        method: "Máy chủ không nhận cách gọi này. Xin tải lại trang.",
        "own-decision": "Chính bạn đã từ chối nội dung này. Đề nghị xem lại "
                        + "do người khác quyết định.",
        "if-match": "Thiếu phiên bản đã xem. Xin mở lại nội dung này.",
        "too-late": "Đã quá 10 phút, không hoàn tác được nữa.",
        "too-many-notes": "Đã đủ 50 ghi chú, không thêm được nữa.",
        "too-large": "Nội dung gửi đi quá lớn.",
        reason: "Cần chọn một lý do công khai.",
        text: "Ghi chú cần có từ 1 đến 2.000 ký tự.",
        bulk: "Cần chọn từ 1 đến 100 nội dung.",
        rules: "Bộ luật này có lỗi nên không dùng được.",
        ruleset: "Thiếu tên hoặc phiên bản của bộ luật.",
        share: "Tỷ lệ thử không hợp lệ.",
        "second-person": "Người đề nghị không tự xác nhận được. "
                         + "Cần một người khác.",
        active: "Phiên bản này đang được dùng.",
        "none-active": "Chưa có phiên bản nào được dùng.",
        "none-earlier": "Không có phiên bản nào trước đó.",
        "same-version": "Đã là phiên bản này.",
        full: "Đã đủ số phiên bản, không thêm được nữa.",
        "no-cache": "Máy chủ chưa có chỗ lưu bộ luật.",
        unavailable: "Kho dữ liệu tạm thời không trả lời. "
                     + "Xin tải lại để biết kết quả.",
        unrecorded: "Đã chuyển đến cổng nhưng chưa ghi lại được."
    }
};
