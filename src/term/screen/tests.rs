use super::*;
use proptest::prelude::*;
use ratatui::Terminal;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

/// Keeps what was written and shows it.
struct Emulator(vt100::Parser, Vec<u8>);

impl Write for Emulator {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.process(bytes);
        self.1.extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn terminal(width: u16, height: u16) -> Terminal<Screen<Emulator>> {
    let parser = vt100::Parser::new(height.try_into().unwrap(), width.try_into().unwrap(), 0);
    let out = BufferedOut::to(Emulator(parser, Vec::new()), true);
    let mut screen = Screen::fixed(out, Size { width, height });
    screen.out_mut().write_all(b"\x1b[?25l").unwrap();
    Terminal::new(screen).unwrap()
}

fn contents(terminal: &Terminal<Screen<Emulator>>) -> String {
    terminal.backend().out().sink().0.screen().contents()
}

#[test]
fn the_second_of_two_equal_frames_writes_nothing() {
    let mut terminal = terminal(20, 3);
    terminal.draw(|frame| frame.render_widget("hello", frame.area())).unwrap();
    let before = terminal.backend().out().bytes();
    terminal.draw(|frame| frame.render_widget("hello", frame.area())).unwrap();
    assert!(before > 0);
    assert_eq!(terminal.backend().out().bytes(), before);
    assert_eq!(contents(&terminal), "hello");
}

#[test]
fn one_changed_digit_costs_a_move_and_the_digit() {
    let mut terminal = terminal(20, 3);
    terminal.draw(|frame| frame.render_widget("lag 3.2 s", frame.area())).unwrap();
    let before = terminal.backend().out().bytes();
    terminal.draw(|frame| frame.render_widget("lag 3.3 s", frame.area())).unwrap();
    assert_eq!(terminal.backend().out().bytes() - before, "\x08\x08\x083".len() as u64);
    assert_eq!(contents(&terminal), "lag 3.3 s");
}

#[test]
fn no_control_character_in_a_cell_reaches_the_terminal() {
    let mut terminal = terminal(20, 1);
    let cells = ["a", "\x1b[31m", "\u{9b}2J", "\r", "b\x07"].map(|symbol| {
        let mut cell = Cell::EMPTY;
        cell.set_symbol(symbol);
        cell
    });
    let backend = terminal.backend_mut();
    backend.draw((0..).zip(&cells).map(|(x, cell)| (x, 0, cell))).unwrap();
    Backend::flush(backend).unwrap();
    assert_eq!(contents(&terminal), "a????");
}

#[test]
fn the_cursor_is_shown_where_it_is_wanted_and_hidden_again() {
    let mut terminal = terminal(20, 3);
    let hidden = |terminal: &Terminal<Screen<Emulator>>| terminal.backend().out().sink().0.screen().hide_cursor();
    terminal.draw(|frame| frame.set_cursor_position((4, 2))).unwrap();
    assert!(!hidden(&terminal));
    assert_eq!(terminal.backend().out().sink().0.screen().cursor_position(), (2, 4));
    terminal.draw(|frame| frame.render_widget("x", frame.area())).unwrap();
    assert!(hidden(&terminal));
}

#[test]
fn after_the_terminal_was_taken_anew_everything_is_drawn_again() {
    let mut terminal = terminal(20, 2);
    let draw = |terminal: &mut Terminal<Screen<Emulator>>| {
        terminal.draw(|frame| frame.render_widget("hello", frame.area())).map(drop).unwrap();
    };
    draw(&mut terminal);
    terminal.backend_mut().out_mut().write_all(b"\x1b[41;1mnoise").unwrap();
    terminal.backend_mut().forget();
    terminal.clear().unwrap();
    draw(&mut terminal);
    assert_eq!(contents(&terminal), "hello");
    assert!(!terminal.backend().out().sink().0.screen().cell(0, 0).unwrap().bold());
}

fn any_colour() -> impl Strategy<Value = Color> {
    prop_oneof![
        Just(Color::Reset),
        Just(Color::Red),
        Just(Color::DarkGray),
        Just(Color::White),
        any::<u8>().prop_map(Color::Indexed),
        any::<(u8, u8, u8)>().prop_map(|(r, g, b)| Color::Rgb(r, g, b)),
    ]
}

fn any_cells() -> impl Strategy<Value = Vec<(u16, u16, &'static str, Style)>> {
    let symbol = prop_oneof![Just("a"), Just("é"), Just("│"), Just("▶"), Just("世"), Just(" ")];
    let modifier = prop_oneof![
        Just(Modifier::empty()),
        Just(Modifier::BOLD),
        Just(Modifier::REVERSED),
        Just(Modifier::UNDERLINED | Modifier::BOLD),
        Just(Modifier::DIM)
    ];
    let cell = (0..12_u16, 0..4_u16, symbol, any_colour(), any_colour(), modifier)
        .prop_map(|(x, y, symbol, fg, bg, modifier)| (x, y, symbol, Style::new().fg(fg).bg(bg).add_modifier(modifier)));
    prop::collection::vec(cell, 0..30)
}

fn paint(buffer: &mut Buffer, cells: &[(u16, u16, &'static str, Style)]) {
    for (x, y, symbol, style) in cells {
        // Styles would add up to bold and dim at once, of which the emulator knows one.
        buffer[(*x, *y)].reset();
        buffer.set_string(*x, *y, symbol, *style);
    }
}

fn seen(colour: vt100::Color) -> Color {
    match colour {
        vt100::Color::Default => Color::Reset,
        vt100::Color::Idx(1) => Color::Red,
        vt100::Color::Idx(8) => Color::DarkGray,
        vt100::Color::Idx(15) => Color::White,
        vt100::Color::Idx(index) => Color::Indexed(index),
        vt100::Color::Rgb(r, g, b) => Color::Rgb(r, g, b),
    }
}

fn same(colour: Color, shown: vt100::Color) -> bool {
    let index = |colour| match colour {
        Color::Red => Color::Indexed(1),
        Color::DarkGray => Color::Indexed(8),
        Color::White => Color::Indexed(15),
        other => other,
    };
    index(colour) == index(seen(shown))
}

proptest! {
    #[test]
    fn what_the_terminal_shows_is_what_was_drawn(frames in prop::collection::vec(any_cells(), 1..6)) {
        let mut terminal = terminal(12, 4);
        for cells in frames {
            let mut expected = Buffer::empty(ratatui::layout::Rect::new(0, 0, 12, 4));
            paint(&mut expected, &cells);
            terminal.draw(|frame| paint(frame.buffer_mut(), &cells)).unwrap();
            let screen = terminal.backend().out().sink().0.screen();
            let mut wide = false;
            for y in 0..4 {
                for x in 0..12 {
                    if std::mem::take(&mut wide) { continue; }
                    let (cell, shown) = (&expected[(x, y)], screen.cell(y, x).unwrap());
                    wide = cell.symbol().width() == 2;
                    let text = if shown.contents().is_empty() { " " } else { shown.contents() };
                    prop_assert_eq!(cell.symbol(), text);
                    prop_assert!(same(cell.bg, shown.bgcolor()), "{:?} {:?}", cell.bg, shown.bgcolor());
                    prop_assert_eq!(cell.modifier.contains(Modifier::REVERSED), shown.inverse());
                    prop_assert_eq!(cell.modifier.contains(Modifier::UNDERLINED), shown.underline());
                    if text == " " {
                        // The rest can't be seen, and is not redrawn.
                        continue;
                    }
                    prop_assert!(same(cell.fg, shown.fgcolor()), "{:?} {:?}", cell.fg, shown.fgcolor());
                    prop_assert_eq!(cell.modifier.contains(Modifier::BOLD), shown.bold());
                    prop_assert_eq!(cell.modifier.contains(Modifier::DIM), shown.dim());
                }
            }
        }
    }
}

#[test]
fn what_stays_of_a_pen_is_not_said_again() {
    let mut terminal = terminal(20, 1);
    let blue = Style::new().fg(Color::Rgb(1, 2, 3)).bg(Color::Rgb(4, 5, 6));
    let bold = blue.add_modifier(Modifier::BOLD);
    terminal.draw(|frame| frame.buffer_mut().set_string(0, 0, "xxxxxxxx", blue)).unwrap();
    let start = terminal.backend().out().sink().1.len();
    terminal
        .draw(|frame| {
            frame.buffer_mut().set_string(0, 0, "abcdefgh", blue);
            frame.buffer_mut().set_string(2, 0, "c", bold);
            // A blank has no ink.
            frame.buffer_mut().set_string(5, 0, " ", blue.fg(Color::Red));
        })
        .unwrap();
    let said = String::from_utf8_lossy(&terminal.backend().out().sink().1[start..]).into_owned();
    assert!(said.contains("ab\u{1b}[1mc\u{1b}[22mde gh"), "{said:?}");
    assert_eq!(said.matches("38;2").count(), 0, "{said:?}");
}

#[test]
fn a_printed_picture_has_its_colours_and_moves_no_cursor() {
    let mut buffer = Buffer::empty(ratatui::layout::Rect::new(0, 0, 4, 2));
    buffer.set_string(0, 0, "ab", Style::new().fg(Color::Red).add_modifier(Modifier::BOLD));
    let mut screen = Screen::fixed(BufferedOut::to(Vec::new(), false), Size { width: 4, height: 2 });
    screen.print(&buffer).unwrap();
    let plain = String::from_utf8(screen.out().sink().clone()).unwrap();
    assert_eq!(plain, "\x1b[1;31mab\x1b[0m  \n    \n");
}

#[test]
fn what_alternates_between_two_pens_is_told_pen_by_pen() {
    let mut terminal = terminal(40, 12);
    let (green, grey) = (Style::new().fg(Color::Rgb(10, 200, 30)), Style::new().fg(Color::Rgb(200, 200, 200)));
    terminal
        .draw(|frame| {
            for y in 0..12 {
                frame.buffer_mut().set_string(0, y, "+", green);
                frame.buffer_mut().set_string(2, y, "holds as it should", grey);
            }
        })
        .unwrap();
    let said = String::from_utf8_lossy(&terminal.backend().out().sink().1).into_owned();
    assert_eq!(said.matches("38;2").count(), 2, "{said:?}");
    assert_eq!(contents(&terminal), ["+ holds as it should"; 12].join("\n"));
}
